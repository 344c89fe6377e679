"""Commands about the program itself: configuration, catalogue, examples, this machine."""

import os
import sys

import pytest

from harness.program import TWO, Shell
from rustchain._version import VERSION
from rustchain.model.codes import Code


def test_without_files_the_defaults_hold(shell: Shell) -> None:
    values = shell("config", "show", "--json").json["values"]
    assert values == {
        "durability": "full",
        "max_concurrent_steps": None,
        "color": "auto",
        "log_level": "info",
    }
    assert 'durability = "full"' in shell("config", "show").out


def test_a_configuration_is_begun_once(shell: Shell) -> None:
    assert shell("config", "init", "--json").json["written"]
    assert not shell("config", "init", "--json").json["written"]
    assert shell("config", "validate").out == "valid\n"


def test_a_project_only_narrows(shell: Shell) -> None:
    shell.write(".config/rustchain/config.toml", 'durability = "normal"\nmax_concurrent_steps = 4\n')
    shell.write(".rustchain/config.toml", 'durability = "memory"\nmax_concurrent_steps = 8\n')
    values = shell("config", "show", "--json").json["values"]
    assert (values["durability"], values["max_concurrent_steps"]) == ("normal", 4)
    shell.write(".rustchain/config.toml", 'durability = "full"\nmax_concurrent_steps = 2\n')
    values = shell("config", "show", "--json").json["values"]
    assert (values["durability"], values["max_concurrent_steps"]) == ("full", 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("durabilty = 'full'", "did you mean 'durability'?"),
        ("max_concurrent_steps = 0", "max_concurrent_steps: Expected `int` >= 1"),
        ("durability = 'some'", "durability: Invalid enum value 'some'"),
        ("log_level = ", "config.toml: Invalid value"),
    ],
)
def test_a_wrong_configuration_ends_with_exit_code_2(shell: Shell, text: str, said: str) -> None:
    shell.write(".config/rustchain/config.toml", f"{text}\n")
    for command in (("config", "validate"), ("config", "check"), ("run", shell.write("two.yaml", TWO))):
        done = shell(*command)
        assert done.code == 2
        assert said in done.err


def test_problems_of_both_files_are_told_at_once(shell: Shell) -> None:
    shell.write(".config/rustchain/config.toml", "nosuch = 1\nother = 2\n")
    shell.write(".rustchain/config.toml", "color = 'never'\n")
    assert shell("config", "validate").err.count("unknown key") == 3


def test_another_configuration_file_can_be_named(shell: Shell) -> None:
    shell.write("mine.toml", "max_concurrent_steps = 3")
    done = shell("config", "show", "--config", "mine.toml", "--json")
    assert done.json["values"]["max_concurrent_steps"] == 3
    assert shell("config", "show", "--config", "absent.toml").code == 2


def test_the_configured_limit_of_steps_at_once_holds(shell: Shell) -> None:
    shell.write(".config/rustchain/config.toml", "max_concurrent_steps = 1")
    steps = "\n".join(
        f"- {{id: s{i}, step_type: command, parameters: {{command: 'true'}}}}" for i in range(3)
    )
    lines = shell("run", shell.mission(steps)).err.splitlines()[1:-1]
    assert [line.split()[1] for line in lines] == ["s0", "s0", "s1", "s1", "s2", "s2"]


def test_a_healthy_machine_is_told_to_be(shell: Shell) -> None:
    found = {one["subject"]: one["state"] for one in shell("config", "check", "--json").json}
    assert found == {"configuration": "ok", "state folder": "ok", "journal": "ok"}
    assert "python" in shell("doctor").out
    assert {"python", "sqlite", "journal"} <= {one["subject"] for one in shell("doctor", "--json").json}


def test_a_state_folder_that_cannot_be_used_is_found(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.write("file", "")
    monkeypatch.setenv("RUSTCHAIN_HOME", str(shell.folder / "file"))
    assert shell("config", "check").code == 8
    assert shell("doctor").code == 8


def test_step_types_are_listed_with_what_they_do(shell: Shell) -> None:
    rows = shell("steps", "list", "--json").json
    assert {
        "name": "noop",
        "family": "flow",
        "summary": "Do nothing; name computed values for later steps.",
    } in rows
    assert all(row["summary"] for row in rows)
    assert {row["family"] for row in shell("steps", "list", "--family", "file", "--json").json} == {"file"}
    assert shell("steps", "list", "--family", "nosuch").code == 2


def test_a_step_type_is_described(shell: Shell) -> None:
    found = shell("steps", "show", "command", "--json").json
    assert {"name", "summary", "parameters", "output", "effects", "example", "idempotent", "undo"} <= set(
        found
    )
    fields = {field["name"]: field for field in found["parameters"]}
    assert fields["command"]["required"]
    assert fields["command"]["role"] == "program"
    assert fields["working_dir"]["also"] == ["working_directory"]
    assert found["effects"] == ["exec"]
    assert "step_type: command" in found["example"]


def test_every_step_type_can_be_described(shell: Shell) -> None:
    for row in shell("steps", "list", "--json").json:
        done = shell("steps", "show", row["name"])
        assert done.code == 0
        assert f"step_type: {row['name']}" in done.out


def test_an_unknown_step_type_is_answered_with_a_known_one(shell: Shell) -> None:
    for command in (("steps", "show"), ("schema",)):
        done = shell(*command, "creat_file")
        assert done.code == 2
        assert "'create_file'" in done.err


def test_schemas_are_documents(shell: Shell) -> None:
    assert "noop" in shell("schema").out
    assert shell("schema", "noop").json["properties"].keys() == {"message", "values"}


@pytest.mark.parametrize("code", list(Code))
def test_every_code_is_explained(shell: Shell, code: Code) -> None:
    assert shell("explain", code.lower()).out.startswith(f"{code}: ")


def test_a_code_that_is_none_is_answered_with_some(shell: Shell) -> None:
    assert shell("explain", "RC999").code == 2
    assert shell("explain", "RC104", "--json").json["code"] == "RC104"


def test_every_example_is_valid(shell: Shell) -> None:
    names = shell("example", "--json").json
    assert "hello" in names
    for name in names:
        text = shell("example", name).out
        assert shell("validate", shell.write(f"{name}.yaml", text)).code == 0
        assert shell("example", name, "--json").json["name"] == name
    assert shell("example", "nosuch").code == 2


def test_a_project_begins_with_a_mission_that_runs(shell: Shell) -> None:
    assert set(shell("init", "--json").json.values()) == {True}
    done = shell("run", "hello.yaml", "-i", "who=you", "--json")
    assert done.json["outputs"] == {"greeting": "Hello, you!"}


def test_a_project_is_begun_without_overwriting(shell: Shell) -> None:
    shell.write("hello.yaml", "mine")
    done = shell("init")
    assert "left as it is: hello.yaml" in done.out
    assert (shell.folder / "hello.yaml").read_text() == "mine"


def test_the_version_is_told(shell: Shell) -> None:
    assert shell("version").out == f"rustchain {VERSION}\n"
    assert shell("version", "--json").json == {"version": VERSION}


def test_help_lists_commands_without_importing_them(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("rustchain.cli.commands.")]:
        monkeypatch.delitem(sys.modules, name)
    done = shell("--help")
    assert done.code == 0
    assert "  why       Say why a step stands as it does." in done.out
    assert "rustchain.cli.commands.why" not in sys.modules
    assert "  graph     Draw a mission's graph" in shell("mission", "--help").out


@pytest.mark.parametrize("group", [(), ("mission",), ("steps",), ("config",), ("audit",), ("safety",)])
def test_every_command_has_help_and_the_common_options(shell: Shell, group: tuple[str, ...]) -> None:
    listed = shell(*group, "--help").out.partition("Commands:\n")[2]
    names = [line.split()[0] for line in listed.splitlines() if line[2:3].strip()]
    assert names
    for name in names:
        done = shell(*group, name, "--help")
        assert done.code == 0
        assert "--json" in done.out


@pytest.mark.parametrize("words", [("rnu",), ("mission", "validat"), ("__init__",), ("steps", "..")])
def test_an_unknown_command_ends_with_exit_code_2(shell: Shell, words: tuple[str, ...]) -> None:
    done = shell(*words)
    assert done.code == 2
    assert "There is no command" in done.err


def test_what_may_have_been_meant_is_said(shell: Shell) -> None:
    assert "Did you mean 'run'?" in shell("rnu").err


def test_a_group_alone_shows_its_help(shell: Shell) -> None:
    for words in ((), ("mission",)):
        assert "Commands:" in shell(*words).out


def test_an_error_is_a_document_where_one_is_asked_for(shell: Shell) -> None:
    assert shell("show", "nosuch", "--json").json["error"]["exit_code"] == 2
    assert shell("run", "--json").json["error"]["exit_code"] == 2
    assert shell("rnu", "--json").json["error"]["exit_code"] == 2


def test_a_bug_is_reported_in_a_file_without_secrets(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_TOKEN", "very-secret-value")

    def broken(*_: object) -> None:
        raise ZeroDivisionError("very-secret-value")

    monkeypatch.setattr("rustchain.cli.commands.explain.document", broken)
    done = shell("explain", "RC104", "--json")
    assert done.code == 7
    assert "Traceback" not in done.err
    (report,) = (shell.folder / ".state/reports").iterdir()
    assert str(report) in done.err
    text = report.read_text()
    assert "ZeroDivisionError: <env.SOME_TOKEN>" in text
    assert "very-secret-value" not in text + done.out + done.err


def test_a_full_disk_ends_with_exit_code_8(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("rustchain.cli.commands.explain.document", full)
    assert shell("explain", "RC104", "--json").code == 8
