"""What a run reads from outside, and what of it is masked wherever it comes up."""

import stat
from pathlib import Path
from typing import Any

import pytest

from harness.runs import DIES, Place
from rustchain.model.errors import InvalidUse, MissingSecret
from rustchain.model.run import MissionResult
from rustchain.model.secrecy import hidden, looks_secret

TELL = """
steps: [{id: a, step_type: command, env: {V: "{{ env.%s }}"}, parameters: {command: sh, args: ["-c", "echo $V; echo $V >&2; printf %%s $V | base64"]}}]
"""


def kept(place: Place) -> list[bytes]:
    """Everything in the state folder, and what an observer was told."""
    files = [f.read_bytes() for f in (place.folder / ".state").rglob("*") if f.is_file()]
    return [*files, str(place.seen.events).encode(), str(place.seen.lines).encode()]


def told(tmp_path: Path, name: str, value: str) -> tuple[str, Place]:
    place = Place(tmp_path)
    place.env = {**place.env, name: value}
    result: MissionResult = place.run(TELL % name)
    return result.step_results["a"].output["stdout"].splitlines()[0], place


@pytest.mark.parametrize("name", ["API_KEY", "GITHUB_TOKEN", "db_password", "SECRETS", "MONKEY"])
def test_variables_whose_names_tell_of_a_secret_are_masked(tmp_path: Path, name: str) -> None:
    said, place = told(tmp_path, name, "8-bytes!")
    assert said == f"[secret:env.{name}]"
    assert not any(b"8-bytes!" in data for data in kept(place))
    assert name not in place.read().origin.env


def test_shorter_values_are_too_common_to_be_masked(tmp_path: Path) -> None:
    said, place = told(tmp_path, "API_KEY", "7-bytes")
    assert said == "7-bytes"
    assert place.read().origin.env == {"API_KEY": "7-bytes"}


def test_bytes_are_counted_and_not_characters() -> None:
    assert hidden("API_KEY", "ßßßß") == "ßßßß"
    assert hidden("API_KEY", "ßßß") is None


def test_of_a_url_only_the_password_is_masked(tmp_path: Path) -> None:
    said, place = told(tmp_path, "DATABASE", "postgres://me:s3cr3t-word@db:5432/x")
    assert said == "postgres://me:[secret:env.DATABASE]@db:5432/x"
    assert not any(b"s3cr3t-word" in data for data in kept(place))


@pytest.mark.parametrize(
    "value", ["postgres://db/x", "https://me@host/", "a:b@c", "https://host/a:b@c", "plain"]
)
def test_other_values_are_recorded_as_they_are(tmp_path: Path, value: str) -> None:
    said, place = told(tmp_path, "PLACE", value)
    assert (said, place.read().origin.env) == (value, {"PLACE": value})


def test_only_variables_that_the_mission_names_are_read(tmp_path: Path) -> None:
    place = Place(tmp_path, NAMED="a", OTHER="b")
    place.run(
        "steps: [{id: a, step_type: noop, parameters: {message: '{{ env.NAMED }} {{ env.GONE | default(1) }}'}}]"
    )
    assert place.read().origin.env == {"NAMED": "a"}


@pytest.mark.parametrize(
    ("name", "secret"), [("Token", True), ("KEYBOARD", True), ("PATH", False), ("PASS", False)]
)
def test_a_name_tells_of_a_secret(name: str, secret: bool) -> None:
    assert looks_secret(name) == secret


@pytest.mark.parametrize("value", ["1234-5678-90", {"user": "me", "word": "1234-5678-90"}])
def test_secret_inputs_are_used_masked_and_never_kept(tmp_path: Path, value: Any) -> None:
    place = Place(tmp_path)
    type_ = "string" if isinstance(value, str) else "object"
    pin = "inputs.pin" if isinstance(value, str) else "inputs.pin.word"
    result = place.run(
        f"""
inputs: {{pin: {{type: {type_}, secret: true}}, who: {{type: string, personal: true}}}}
steps: [{{id: a, step_type: command, parameters: {{command: cat, stdin: "{{{{ inputs.who }}}}:{{{{ {pin} }}}}"}}}}]
""",
        inputs={"pin": value, "who": "Ada"},
    )
    assert result.step_results["a"].error is None
    assert place.read().origin.inputs == {"who": "Ada"}
    assert result.step_results["a"].output["stdout"] == "Ada:[secret:inputs.pin]"
    assert not any(b"1234-5678-90" in data for data in kept(place))


@pytest.mark.parametrize(("type_", "value"), [("string", "12345"), ("integer", 1234), ("boolean", True)])
def test_a_secret_input_that_is_too_short_to_be_masked_is_refused(
    tmp_path: Path, type_: str, value: Any
) -> None:
    text = f"inputs: {{pin: {{type: {type_}, secret: true}}}}\nsteps: [{{id: a, step_type: noop}}]"
    with pytest.raises(MissingSecret, match="'pin' is shorter than 6 bytes"):
        Place(tmp_path).run(text, inputs={"pin": value})


def test_a_secret_input_may_be_empty(tmp_path: Path) -> None:
    text = """
inputs: {pin: {type: string, secret: true, default: ""}}
steps: [{id: a, step_type: noop, parameters: {message: "{{ inputs.pin }}."}}]
"""
    assert Place(tmp_path).run(text).step_results["a"].output["message"] == "."


def test_a_variable_that_is_no_text_is_refused_by_its_name(tmp_path: Path) -> None:
    place = Place(tmp_path, X="abcdefgh\udcff", TOKEN="abcdefgh\udcff")
    with pytest.raises(InvalidUse, match="variable X is not UTF-8"):
        place.run(TELL % "X")
    with pytest.raises(InvalidUse, match="variable TOKEN is not UTF-8"):
        place.run(TELL % "TOKEN")
    with pytest.raises(MissingSecret, match="variable X of a secret is not UTF-8"):
        place.run('secrets: {x: {from: "env:X"}}\nsteps: [{id: a, step_type: noop}]')


def test_two_missions_may_call_different_secrets_the_same(tmp_path: Path) -> None:
    (tmp_path / "child.yaml").write_text(
        """
name: child
version: "1.0"
secrets: {tok: {from: "env:TWO"}}
steps: [{id: a, step_type: command, env: {A: "{{ secrets.tok }}"}, parameters: {command: sh, args: ["-c", "echo $A"]}}]
"""
    )
    place = Place(tmp_path, ONE="hunter1-hunter1", TWO="hunter2-hunter2")
    place.run("""
secrets: {tok: {from: "env:ONE"}}
steps:
  - {id: kid, step_type: mission, parameters: {file: child.yaml}}
  - {id: a, step_type: command, env: {A: "{{ secrets.tok }}"}, parameters: {command: sh, args: ["-c", "echo $A"]}}
""")
    assert not any(b"hunter" in data for data in kept(place))


def test_personal_inputs_are_in_the_payload_and_not_in_the_header(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.run(
        "inputs: {who: {type: string, personal: true}}\nsteps: [{id: a, step_type: noop}]",
        inputs={"who": "Ada Lovelace"},
    )

    async def rows(engine: Any) -> list[Any]:
        store = engine.services.store
        return list(store.rows(store.find("@last")))

    first = place.within(rows)[0]
    assert b"Lovelace" in first.payload
    assert b"Lovelace" not in first.header


def test_secrets_of_child_missions_are_read_before_anything_runs_and_masked(tmp_path: Path) -> None:
    (tmp_path / "child.yaml").write_text(
        """
name: child
version: "1.0"
secrets: {tok: {from: "file:token.txt"}, same: {from: "env:TOK"}}
steps:
  - {id: a, step_type: command, env: {A: "{{ secrets.tok }}", B: "{{ secrets.same }}"}, parameters: {command: sh, args: ["-c", "echo $A $B"]}}
""".replace("token.txt", str(tmp_path / "token.txt"))
    )
    place = Place(tmp_path, TOK="hunter2-hunter2")
    text = """
secrets: {own: {from: "env:TOK"}}
steps:
  - {id: first, step_type: create_file, parameters: {path: first.txt}}
  - {id: kid, step_type: mission, depends_on: [first], parameters: {file: child.yaml}}
"""
    with pytest.raises(MissingSecret):
        place.run(text)
    assert not (tmp_path / "first.txt").exists()
    (tmp_path / "token.txt").write_text("another-secret\n")
    (tmp_path / "token.txt").chmod(0o600)
    said = place.run(text).step_results["kid"].output["a"]["stdout"]
    assert said == "[secret:tok] [secret:own]\n"


CHILD = """
name: child
version: "1.0"
inputs: {pin: {type: string, secret: true}, word: {type: string, secret: true, default: by-default-secret}}
steps:
  - {id: a, step_type: command, env: {A: "{{ inputs.pin }}"}, parameters: {command: sh, args: ["-c", "echo $A; printf by-default-; echo secret"]}}
"""


def test_secret_inputs_of_a_child_mission_are_masked_once_it_has_them(tmp_path: Path) -> None:
    (tmp_path / "child.yaml").write_text(CHILD)
    place = Place(tmp_path)
    result = place.run("""
steps:
  - {id: made, step_type: command, parameters: {command: sh, args: ["-c", "printf %d 1"]}}
  - id: kid
    step_type: mission
    depends_on: [made]
    foreach: [1, 2]
    parameters: {file: child.yaml, inputs: {pin: "{{ made.output.stdout }}-{{ item }}-word-made"}}
""")
    said = [item["a"]["stdout"] for item in result.step_results["kid"].output]
    assert said == ["[secret:inputs.pin]\n[secret:inputs.word]\n"] * 2
    assert not any(b"-word-made" in data.replace(b"}}-{{ item }}-word-made", b"") for data in kept(place))


def test_a_child_missions_secret_that_is_too_short_fails_its_step(tmp_path: Path) -> None:
    (tmp_path / "child.yaml").write_text(CHILD)
    place = Place(tmp_path)
    result = place.run(
        "steps: [{id: kid, step_type: mission, parameters: {file: child.yaml, inputs: {pin: '{{ 1 + 1 }}'}}}]"
    )
    assert result.step_results["kid"].error_kind == "missing_secret"


def test_a_secrets_file_is_private_and_gone_after_the_run(tmp_path: Path) -> None:
    place = Place(tmp_path, TOK="hunter2-hunter2")
    result = place.run("""
secrets: {tok: {from: "env:TOK"}}
steps: [{id: a, step_type: command, env: {F: "{{ secrets.tok.path }}"}, parameters: {command: sh, args: ["-c", "stat -c '%a %n' $F; wc -c < $F"]}}]
""")
    mode, file, size = result.step_results["a"].output["stdout"].split()
    assert (int(mode, 8), int(size)) == (stat.S_IRUSR | stat.S_IWUSR, 15)
    assert Path(file).is_relative_to(tmp_path / ".state"), "closed to other steps"
    assert not Path(file).exists()


def test_only_secrets_that_are_read_as_files_are_written_to_files(tmp_path: Path) -> None:
    place = Place(tmp_path, ONE="hunter1-hunter1", TWO="hunter2-hunter2")
    result = place.run("""
secrets: {one: {from: "env:ONE"}, two: {from: "env:TWO"}}
steps: [{id: a, step_type: command, env: {F: "{{ secrets.one.path }}", T: "{{ secrets.two }}"}, parameters: {command: sh, args: ["-c", "ls $(dirname $F)"]}}]
""")
    assert result.step_results["a"].output["stdout"].split() == ["0", "lock"]


def test_files_of_a_dead_run_are_gone_once_it_is_resumed(tmp_path: Path) -> None:
    place = Place(tmp_path, TOK="hunter2-hunter2")
    place.dies(
        f"""
secrets: {{tok: {{from: "env:TOK"}}}}
steps: [{{id: a, step_type: command, idempotent: true, env: {{F: "{{{{ secrets.tok.path }}}}"}}, parameters: {{command: sh, args: ["-c", "{DIES}; wc -c < $F"]}}}}]
"""
    )
    assert any(b"hunter2" in data for data in kept(place))
    assert place.resume().step_results["a"].output["stdout"].strip() == "15"
    assert not any(b"hunter2" in data for data in kept(place))


def test_the_mission_runs_as_it_is_written_where_a_secrets_value_is_a_common_word(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.env = {**place.env, "DB_PASSWORD": "postgres"}
    text = """
steps:
  - {id: a, step_type: command, env: {P: "{{ env.DB_PASSWORD }}"}, parameters: {command: test, args: [-e, postgres]}}
"""
    place.run(text)
    (tmp_path / "postgres").touch()
    assert place.retry().exit_code == 0
