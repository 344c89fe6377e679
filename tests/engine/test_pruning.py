"""`--only`: a step with what it needs, and nothing else."""

from pathlib import Path

import pytest

from harness.missions import plan_of
from harness.runs import DIES, Place, statuses
from rustchain.engine.pruning import only
from rustchain.model.errors import InvalidUse
from rustchain.model.events import Status
from rustchain.model.mission import On

TEXT = """
version: "1.0"
name: test
steps:
  - {id: other, step_type: noop}
  - {id: root, step_type: noop}
  - {id: left, step_type: noop, depends_on: [root]}
  - {id: right, step_type: noop, depends_on: [other, {step: root, on: always}]}
  - {id: last, step_type: noop, depends_on: [right, root]}
finally: [{id: tidy, step_type: noop}]
outputs: {x: "{{ left.output.message }}"}
"""


def test_a_step_keeps_its_ancestors_in_their_order() -> None:
    plan = only(plan_of(TEXT), "right")
    assert [(s.index, s.id) for s in plan.steps] == [(0, "other"), (1, "root"), (2, "right")]
    assert [s.id for s in plan.mission.steps] == ["other", "root", "right"]
    assert [(n.step, n.on) for n in plan.steps[2].needs] == [(0, None), (1, On.ALWAYS)]
    assert [s.dependents for s in plan.steps] == [(2,), (2,), ()]
    assert (plan.main, plan.outputs, plan.mission.outputs, plan.mission.finally_) == (3, (), {}, [])


def test_only_a_step_of_the_main_graph_can_be_asked_for() -> None:
    with pytest.raises(InvalidUse, match="no step 'tidy'") as caught:
        only(plan_of(TEXT), "tidy")
    assert caught.value.help == "steps: other, root, left, right, last"


def test_nothing_else_runs_nor_after_a_resume_or_a_retry(tmp_path: Path) -> None:
    place = Place(tmp_path)
    text = f"""
steps:
  - {{id: a, step_type: command, idempotent: true, parameters: {{command: sh, args: ["-c", "{DIES}; test -e there"]}}}}
  - {{id: b, step_type: noop, depends_on: [a]}}
  - {{id: c, step_type: create_file, parameters: {{path: c}}}}
finally: [{{id: tidy, step_type: create_file, parameters: {{path: tidy}}}}]
"""
    place.dies(text, "--only", "b")
    assert statuses(place.resume()) == {"a": "Failed", "b": "Skipped"}
    (tmp_path / "there").touch()
    again = place.retry()
    assert (again.status, statuses(again)) == (Status.COMPLETED, {"a": "Success", "b": "Success"})
    assert not (tmp_path / "c").exists()
    assert not (tmp_path / "tidy").exists()
