"""Processes beside the steps, as missions start and end them; their rules are told in test_background.py."""

from pathlib import Path

import pytest

from harness.processes import eventually
from harness.runs import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, API_KEY="hunter2-hunter2")


STUBBORN = """
steps:
  - id: up
    step_type: process_start
    env: {K: "{{ env.API_KEY }}"}
    parameters: {command: sh, args: ["-c", "trap '' TERM; echo $K is ready; while :; do sleep 0.05; done"], wait_for: {log: ready}}
  - {id: down, step_type: process_kill, depends_on: [up], parameters: {step: up, grace_seconds: 0.1}}
"""


def test_a_service_has_a_log_of_its_own_and_is_killed_where_it_does_not_end(place: Place) -> None:
    result = place.run(STUBBORN)
    assert result.step_results["down"].output["killed"]
    log = Path(result.step_results["up"].output["log_path"])
    assert log.read_text() == "[secret:env.API_KEY] is ready\n"


def test_a_service_ends_with_the_run(place: Place) -> None:
    result = place.run(
        STUBBORN.partition("  - {id: down")[0].replace("trap '' TERM", "trap 'touch ended; exit' TERM")
    )
    assert result.exit_code == 0
    assert (place.folder / "ended").exists()


def test_a_detached_process_outlives_the_run(place: Place) -> None:
    result = place.run("""
steps:
  - {id: a, step_type: process_start, parameters: {command: sh, args: ["-c", "while ! test -e go; do sleep 0.01; done; touch done"], detach: true}}
""")
    assert result.step_results["a"].output["log_path"] is None
    (place.folder / "go").touch()
    assert eventually((place.folder / "done").exists)
