"""What expressions see of a run."""

import re
from datetime import datetime
from pathlib import Path

import pytest

from harness.runs import Place, statuses
from rustchain.engine.results import rfc3339


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def seen(place: Place, values: str, before: str = "", **options: object) -> dict[str, object]:
    """What a last step sees; `before` are steps that it comes after."""
    head, _, steps = before.rpartition("steps:")
    ids = re.findall(r"- {id: ([\w-]+)", steps)
    result = place.run(
        f"{head}\nsteps:{steps}\n  - {{id: look, step_type: noop, depends_on: [{', '.join(ids)}], parameters: {{values: {values}}}}}",
        **options,
    )
    assert result.step_results["look"].error is None
    return result.step_results["look"].output["values"]


def test_a_step_is_seen_with_its_status_output_error_and_attempts(place: Place) -> None:
    before = """
steps:
  - {id: ok, step_type: noop, parameters: {message: hi}}
  - {id: bad, step_type: command, continue_on_error: true, retry: {attempts: 1, delay_ms: 1}, parameters: {command: "false"}}
  - {id: dashed-id, step_type: noop, when: "false"}"""
    values = """{m: "{{ ok.output.message }}", s: "{{ ok.status }}", e: "{{ ok.error }}", bs: "{{ bad.status }}",
      ba: "{{ bad.attempts }}", be: "{{ bad.error }}", bd: "{{ bad.duration_ms >= 0 }}", bo: "{{ bad.output.exit_code }}",
      ds: "{{ steps['dashed-id'].status }}", do: "{{ steps['dashed-id'].output }}", both: "{{ steps['ok'].status ~ steps['bad'].status }}"}"""
    found = seen(place, values, before)
    assert "exit" in str(found.pop("be"))
    assert found == {
        "m": "hi", "s": "Success", "e": None, "bs": "Failed", "ba": 2, "bd": True, "bo": 1, "ds": "Skipped", "do": None,
        "both": "SuccessFailed",
    }  # fmt: skip


def test_an_error_is_told_as_well_where_no_event_tells_it(place: Place) -> None:
    before = """config: {fail_fast: false}
steps:
  - {id: each, step_type: parse_json, foreach: ["1", "{"], continue_on_error: true, parameters: {content: "{{ item }}"}}
  - {id: never, step_type: noop, continue_on_error: true, repeat: {until: "false", max: 2}}"""
    found = seen(
        place,
        '{each: "{{ each.error }}", item: "{{ each.items[1].error }}", never: "{{ never.error }}"}',
        before,
    )
    assert str(found["each"]).startswith("1 of 2 items failed; the first is each[1]: ")
    assert str(found["each"]).endswith(str(found["item"]))
    assert found["never"] == "its `until` was still not true after 2 rounds"


def test_items_that_were_never_started_are_seen_as_skipped(place: Place) -> None:
    before = """config: {fail_fast: false}
steps:
  - {id: each, step_type: parse_json, foreach: ["{", "1", "2"], max_parallel: 1, continue_on_error: true, parameters: {content: "{{ item }}"}}"""
    found = seen(
        place,
        '{all: "{{ each.items | map(attribute=\'status\') | list }}", last: "{{ each.items[2] }}"}',
        before,
    )
    assert found["all"] == ["Failed", "Skipped", "Skipped"]
    assert found["last"] == {"item": "2", "index": 2, "status": "Skipped", "output": None, "error": None}


def test_the_mission_the_run_and_its_configuration_are_seen(place: Place) -> None:
    values = """{name: "{{ mission.name }}", version: "{{ mission.version }}", id: "{{ run.id }}", at: "{{ timestamp }}",
      mine: "{{ config.colour }}", fast: "{{ config.fail_fast }}", lock: "{{ config.lock.key }}"}"""
    found = seen(place, values, "config: {settings: {colour: red}, lock: {key: k}}\nsteps:")
    run = place.read()
    at, id = found.pop("at"), found.pop("id")
    assert (at, id) == (run.origin.timestamp, run.run_id)
    assert abs(run.replayed.history.started_at / 1000 - datetime.fromisoformat(str(at)).timestamp()) < 1
    assert found == {"name": "test", "version": "1.0", "mine": "red", "fast": True, "lock": "k"}


def test_times_are_written_in_utc_with_milliseconds() -> None:
    assert rfc3339(1_700_000_000_007) == "2023-11-14T22:13:20.007Z"


def test_variables_from_outside_win_and_a_child_mission_does_not_see_them(place: Place) -> None:
    (place.folder / "child.yaml").write_text("""
name: child
version: "1.0"
variables: {who: child}
steps: [{id: a, step_type: noop, parameters: {message: "{{ who }} {{ mission.name }}"}}]
""")
    values = '{own: "{{ who }} {{ context.who }}", kid: "{{ kid.output.a.message }}"}'
    before = (
        "variables: {who: file}\nsteps:\n  - {id: kid, step_type: mission, parameters: {file: child.yaml}}"
    )
    assert seen(place, values, before, variables={"who": "given"}) == {
        "own": "given given",
        "kid": "child child",
    }


def test_what_is_not_there_fails_the_step_unless_it_says_what_then(place: Place) -> None:
    text = 'variables: {x: {}}\nsteps: [{id: a, step_type: noop, parameters: {message: "{{ x.y %s }}"}}]'
    result = place.run(text % "")
    assert result.step_results["a"].error_kind == "invalid_parameters"
    assert "y" in (result.step_results["a"].error or "")
    assert place.run(text % "| default('z')").step_results["a"].output["message"] == "z"


def test_undefined_keep_leaves_what_is_not_there_as_it_is_written_and_warns(place: Place) -> None:
    result = place.run("""
config: {undefined: keep}
variables: {x: {}}
steps:
  - {id: a, step_type: noop, parameters: {message: "{{ nobody }} and {{ x.y }}", values: {z: "{{ nobody }}"}}}
  - {id: b, step_type: noop, when: "{{ nobody }}"}
""")
    assert result.step_results["a"].output == {
        "message": "{{ nobody }} and {{ x.y }}",
        "values": {"z": "{{ nobody }}"},
    }
    assert result.step_results["b"].error_kind == "invalid_parameters", "a condition is true or false"
    assert any("nobody" in text for text in result.warnings)


def test_finally_sees_how_the_run_went(place: Place) -> None:
    text = """
config: {fail_fast: false}
steps:
  - {id: fine, step_type: noop}
  - {id: borne, step_type: parse_json, continue_on_error: true, parameters: {content: "{"}}
  - {id: each, step_type: parse_json, foreach: ["{"], parameters: {content: "{{ item }}"}}
finally:
  - {id: tell, step_type: noop, parameters: {values: {status: "{{ run.status }}", failed: "{{ run.failed }}", fine: "{{ fine.status }}"}}}
"""
    told = place.run(text).step_results["tell"].output["values"]
    assert (told["status"], told["fine"]) == ("Failed", "Success")
    assert [f["step"] for f in told["failed"]] == ["borne", "each"]
    assert "1 of 1 item failed" in told["failed"][1]["error"]
    told = place.run(text.replace('foreach: ["{"]', 'foreach: ["1"]')).step_results["tell"].output["values"]
    assert (told["status"], len(told["failed"])) == ("Completed", 1)


def test_run_is_seen_by_the_steps_of_a_child_missions_finally(place: Place) -> None:
    (place.folder / "child.yaml").write_text("""
name: child
version: "1.0"
steps: [{id: a, step_type: command, parameters: {command: "false"}}]
finally: [{id: tell, step_type: create_file, parameters: {path: told.txt, content: "{{ run.status }} {{ run.failed[0].step }}"}}]
""")
    result = place.run(
        "steps: [{id: kid, step_type: mission, parameters: {file: child.yaml}}, {id: b, step_type: wait, parameters: {seconds: 9}}]"
    )
    assert statuses(result) == {"kid": "Failed", "b": "Failed"}
    assert place.lines("told.txt") == ["Failed a"]
