"""What of RustChain's own is closed to steps: state, and the configuration of user and project."""

from pathlib import Path

import pytest

from harness.runs import Place
from rustchain.model.events import Status

LOOKS = """
steps:
  - {id: listed, step_type: list_directory, parameters: {recursive: true, include_hidden: true, kind: file}}
  - {id: found, step_type: file_search, parameters: {path: ., pattern: durability, include_hidden: true}}
  - {id: copied, step_type: copy_file, parameters: {source: ., destination: "{{ copy }}"}}
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A workspace with a configuration of the project in it, and the user's as well."""
    for folder in (".rustchain", ".config/rustchain"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "config.toml").write_text('durability = "normal"\n')
    (tmp_path / "note.txt").write_text("of the mission")
    return Place(tmp_path, XDG_CONFIG_HOME=str(tmp_path / ".config"))


@pytest.mark.parametrize("path", [".rustchain/config.toml", ".config/rustchain/config.toml", ".state/x"])
@pytest.mark.parametrize(
    "step",
    [
        "create_file, parameters: {{path: {path}, overwrite: true}}",
        "read_file, parameters: {{path: {path}}}",
        "delete_file, parameters: {{path: {path}}}",
    ],
)
def test_no_step_reaches_the_state_or_a_configuration(place: Place, path: str, step: str) -> None:
    result = place.run(f"steps: [{{id: a, step_type: {step.format(path=path)}}}]")
    assert (result.status, result.step_results["a"].error_kind) == (Status.FAILED, "policy_denied")


def test_a_configuration_of_the_project_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    place = Place(tmp_path)
    result = place.run("steps: [{id: a, step_type: create_file, parameters: {path: .rustchain/config.toml}}]")
    assert result.step_results["a"].error_kind == "policy_denied"
    assert not (tmp_path / ".rustchain").exists()


def test_what_takes_in_the_workspace_leaves_them_out(place: Place) -> None:
    copy = place.folder.with_name(f"{place.folder.name}-copy")
    result = place.run(LOOKS, variables={"copy": str(copy)})
    outputs = {name: step.output for name, step in result.step_results.items()}
    assert [entry["path"] for entry in outputs["listed"]["entries"]] == ["note.txt"]
    assert outputs["found"]["matches"] == 0
    assert [f.name for f in copy.rglob("*") if f.is_file()] == ["note.txt"]
