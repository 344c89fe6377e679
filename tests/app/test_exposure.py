"""A secret must not stand in what is stored of a run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.runs import Place
from rustchain.model.errors import Refused

STEPS = "steps: [{id: a, step_type: noop}]"
DECLARED = 'secrets: {tok: {from: "env:PG"}}\n'
OPEN = "inputs: {who: {type: string}, pin: {type: %s, secret: true}}\n"


def refused(place: Place, text: str, **given: Any) -> str:
    with pytest.raises(Refused) as error:
        place.run(text + STEPS, **given)
    files = [f for f in (place.folder / ".state").rglob("*") if f.is_file() and "secrets" not in f.name]
    assert not any(b"hunter2-hunter2" in f.read_bytes() for f in files)
    assert "hunter2" not in error.value.message + str(error.value.help)
    return error.value.message


@pytest.mark.parametrize(
    ("text", "given", "place"),
    [
        ("description: see hunter2-hunter2\n", {}, "the text of "),
        ("inputs: {who: {type: string}}\n", {"inputs": {"who": "x hunter2-hunter2"}}, "the input 'who'"),
        ("inputs: {who: {type: object}}\n", {"inputs": {"who": {"hunter2-hunter2": 1}}}, "the input 'who'"),
        ("", {"variables": {"v": ["hunter2-hunter2"]}}, "the variable 'v'"),
        (
            "variables: {v: '{{ env.OTHER }}'}\nfinally: [{id: b, step_type: noop, parameters: {message: '{{ env.OTHER }}'}}]\n",
            {},
            "the environment variable OTHER",
        ),
    ],
)
def test_a_declared_secret_is_refused_wherever_it_would_be_stored(
    tmp_path: Path, text: str, given: Mapping[str, Any], place: str
) -> None:
    home = Place(tmp_path, PG="hunter2-hunter2", OTHER="http://x/hunter2-hunter2")
    message = refused(home, DECLARED + text, **given)
    assert message.startswith(f"the value of the secret 'tok' stands in {place}")


def test_a_child_missions_text_is_stored_as_well(tmp_path: Path) -> None:
    (tmp_path / "child.yaml").write_text(f'name: hunter2-hunter2\nversion: "1.0"\n{STEPS}')
    place = Place(tmp_path, PG="hunter2-hunter2")
    with pytest.raises(Refused, match=r"child\.yaml"):
        place.run(DECLARED + "steps: [{id: a, step_type: mission, parameters: {file: child.yaml}}]")


def test_a_folder_with_a_secrets_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hunter2-hunter2").mkdir()
    place = Place(tmp_path / "hunter2-hunter2", PG="hunter2-hunter2")
    with pytest.raises(Refused):
        place.run(DECLARED + STEPS)


def test_a_secret_of_several_lines_is_found_where_it_is_indented(tmp_path: Path) -> None:
    place = Place(tmp_path, PG="first line\nsecond line\n")
    text = "description: |\n  first line\n  second line\n"
    with pytest.raises(Refused):
        place.run(DECLARED + text + STEPS)
    place.run(DECLARED + "description: first line\n" + STEPS)


def test_a_secret_input_is_refused_in_another_input(tmp_path: Path) -> None:
    given = {"who": "hunter2-hunter2", "pin": "hunter2-hunter2"}
    assert "'inputs.pin' stands in the input 'who'" in refused(Place(tmp_path), OPEN % "string", inputs=given)
    within = {"who": "hunter2-hunter2", "pin": {"word": "hunter2-hunter2"}}
    assert "'inputs.pin' stands in the input 'who'" in refused(
        Place(tmp_path), OPEN % "object", inputs=within
    )


def test_the_default_of_a_secret_input_is_no_secret(tmp_path: Path) -> None:
    text = "inputs: {pin: {type: string, secret: true, default: not-a-secret}}\n" + STEPS
    assert Place(tmp_path).run(text).exit_code == 0


def test_a_word_that_is_a_password_may_be_written_but_not_given(tmp_path: Path) -> None:
    place = Place(tmp_path, DB_PASSWORD="postgres")
    text = """
inputs: {user: {type: string, default: postgres}}
steps: [{id: a, step_type: noop, parameters: {message: "{{ env.DB_PASSWORD }}"}}]
"""
    assert place.run(text).exit_code == 0
    with pytest.raises(Refused, match=r"'env\.DB_PASSWORD' stands in the variable 'v'"):
        place.run(text, variables={"v": "postgres"})
