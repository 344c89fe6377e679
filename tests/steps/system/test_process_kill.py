"""process_kill ends what process_start started in this mission, the whole of it, and nothing else."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.processes import HOLD, alive, held
from harness.runs import Place, statuses
from rustchain.catalogue import Catalogue
from rustchain.model.effects import Action, Effect
from rustchain.stepkit import Unknown
from rustchain.steps.system.process_kill import ProcessKill

TREE = f"setsid -f {HOLD}; {HOLD} & echo up; {HOLD}"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def hold(tmp_path: Path) -> Iterator[Path]:
    hold = held(tmp_path)
    yield hold
    for pid in alive(hold):
        os.kill(pid, signal.SIGKILL)


def start(hold: Path, script: str = TREE) -> str:
    return f"""
steps:
- id: server
  step_type: process_start
  parameters: {{command: sh, args: [-c, {script!r}], env: {{HOLD: "{hold}"}}, wait_for: {{log: up}}}}
"""


def kill(parameters: str) -> str:
    return f"- {{id: kill, step_type: process_kill, depends_on: [server], parameters: {{{parameters}}}}}\n"


def after(hold: Path) -> str:
    """A step that succeeds where nothing of a tree is left."""
    return (
        "- {id: gone, step_type: command, depends_on: [kill], "
        f'parameters: {{command: pgrep, args: [-f, "{hold.name}"], success_codes: [1]}}}}\n'
    )


@pytest.mark.parametrize("which", ["step: server", "pid: '{{ server.output.pid }}'"])
@pytest.mark.parametrize("name", ["TERM", "KILL"])
def test_the_whole_tree_is_ended(place: Place, hold: Path, which: str, name: str) -> None:
    result = place.run(start(hold) + kill(f"{which}, signal: {name}") + after(hold))
    assert statuses(result) == {"server": "Success", "kill": "Success", "gone": "Success"}
    pid = result.step_results["server"].output["pid"]
    assert result.step_results["kill"].output == {"pid": pid, "killed": True, "signal": name}


@pytest.mark.parametrize("name", ["TERM", "INT", "HUP", "QUIT"])
def test_the_signal_is_the_one_that_was_asked_for(place: Place, hold: Path, name: str) -> None:
    script = f"trap 'echo {name} > got; exit' {name}; echo up; while :; do sleep 0.01; done"
    result = place.run(start(hold, script.replace("'", '"')) + kill(f"step: server, signal: {name}"))
    assert statuses(result) == {"server": "Success", "kill": "Success"}
    assert (place.folder / "got").read_text() == f"{name}\n"


def test_who_does_not_end_within_the_grace_is_killed(place: Place, hold: Path) -> None:
    script = f'trap "" TERM; echo up; {HOLD}'
    result = place.run(start(hold, script) + kill("step: server, grace_seconds: 0.1") + after(hold))
    assert statuses(result) == {"server": "Success", "kill": "Success", "gone": "Success"}


def test_one_that_has_ended_already_is_no_failure(place: Place, hold: Path) -> None:
    wait = "- {id: wait, step_type: wait, depends_on: [server], parameters: {seconds: 0.3}}\n"
    text = start(hold, "echo up; sleep 0.1") + wait + kill("step: server").replace("[server]", "[wait]")
    assert place.run(text).step_results["kill"].output["killed"] is False


def test_a_process_of_somebody_else_is_left_alone(place: Place, hold: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        result = place.run(start(hold) + kill(f"pid: {stranger.pid}"))
        assert stranger.poll() is None
        stranger.kill()
    failed = result.step_results["kill"]
    assert failed.error_kind == "policy_denied"
    assert failed.error == f"process {stranger.pid} is none that this mission started"


def test_a_step_that_started_nothing_is_not_found(place: Place, hold: Path) -> None:
    assert place.run(start(hold) + kill("step: kill")).step_results["kill"].error_kind == "not_found"


def test_a_child_mission_names_its_own_steps(place: Place, hold: Path) -> None:
    inner = (start(hold) + kill("step: server") + after(hold)).replace("\n", "\n      ")
    text = f"steps:\n- id: server\n  step_type: mission\n  parameters:\n      {inner.strip()}\n"
    assert statuses(place.run(text))["server"] == "Success"


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"pid": 5, "step": "a"},
        {"pid": 1},
        {"step": "a", "signal": "STOP"},
        {"step": "a", "grace_seconds": -1},
    ],
)
def test_wrong_parameters_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, ProcessKill)


def test_its_effect_is_a_signal() -> None:
    effects = Catalogue()["process_kill"].effects
    assert list(effects({"step": "server"})) == [Effect(Action.SIGNAL, "server")]
    assert list(effects({"pid": Unknown("{{ p }}")})) == [Effect(Action.SIGNAL, "{{ p }}", known=False)]
