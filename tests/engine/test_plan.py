from typing import Any

import msgspec

from harness.missions import HEAD, built, plan_of, problems_in, steps
from rustchain.model.effects import Action, Effect
from rustchain.model.errors import InvalidUse
from rustchain.model.expression import Reference
from rustchain.steps.flow.noop import Noop


def planned(line: str) -> Any:
    """The last step of a mission with this line."""
    return plan_of(steps("{id: first, step_type: noop}", line)).steps[-1]


def test_constant_parameters_are_typed() -> None:
    step = planned("{id: a, step_type: noop, parameters: {message: x}}")
    assert step.parameters == Noop(message="x")
    assert (step.index, step.id, step.type, step.holes) == (1, "a", "noop", ())


def test_steps_without_parameters_share_them() -> None:
    plan = plan_of(steps("{id: a, step_type: noop}", "{id: b, step_type: noop}"))
    assert plan.steps[0].parameters is plan.steps[1].parameters is not None


def test_parameters_with_expressions_have_holes() -> None:
    line = "{id: a, step_type: noop, depends_on: [first], parameters: {message: m, values: {x: [1, '{{ first.status }}']}}}"
    step = planned(line)
    assert step.parameters is None
    (hole,) = step.holes
    assert hole.path == ("values", "x", 1)
    assert hole.template.expressions[0].references == (Reference("first", ("status",)),)


def test_parameters_are_kept_under_their_own_names() -> None:
    step = planned("{id: a, step_type: probe, parameters: {file_name: '{{ env.X }}'}}")
    assert step.step.parameters == {"path": "{{ env.X }}"}
    assert step.holes[0].path == ("path",)


def test_two_spellings_of_one_parameter_are_refused() -> None:
    text = steps("{id: a, step_type: probe, parameters: {path: x, file_name: y}}")
    assert problems_in(text) == ["RC204 4:53 'file_name' and 'path' are two spellings of one parameter"]


def test_what_a_step_renders_itself_is_left_alone() -> None:
    step = planned("{id: a, step_type: probe, parameters: {path: x, later: '{{ anything }}'}}")
    assert step.parameters.later == "{{ anything }}"


def test_a_camel_case_type_is_read_in_snake_case() -> None:
    assert planned("{id: a, step_type: Noop}").type == "noop"


def test_everything_a_step_evaluates_is_compiled() -> None:
    step = planned(
        "{id: a, step_type: noop, when: true, foreach: '{{ [1] }}', expect: output.message == 'x', "
        "repeat: {until: output.message == 'x', max: 3}, env: {A: '{{ env.B }}', C: plain}}"
    )
    assert [t.expressions[0].source for t in (step.when, step.foreach, step.until, step.expect)] == [
        "true",
        "[1]",
        "output.message == 'x'",
        "output.message == 'x'",
    ]
    assert [h.path for h in step.env] == [("A",)]


def test_a_written_list_of_foreach_stays_in_the_step() -> None:
    step = planned("{id: a, step_type: noop, foreach: [1, 2]}")
    assert (step.foreach, step.step.foreach) == (None, [1, 2])


def test_outputs_and_connections_have_holes() -> None:
    text = steps("{id: a, step_type: noop}") + (
        "outputs: {x: {y: '{{ a.status }}'}, z: 1}\nconfig: {connections: {db: {url: '{{ env.DB }}'}, c: {url: fixed}}}\n"
    )
    plan = plan_of(text)
    assert [h.path for h in plan.outputs] == [("x", "y")]
    assert [h.path for h in plan.connections] == [("db", "url")]


def test_finally_stands_behind_the_main_graph() -> None:
    plan = plan_of(steps("{id: a, step_type: noop}") + "finally:\n  - {id: z, step_type: noop}\n")
    assert ([s.id for s in plan.steps], plan.main, plan.source) == (["a", "z"], 1, "m.yaml")


def test_effects_come_from_the_parameters_as_far_as_they_are_known() -> None:
    step = planned("{id: a, step_type: probe, parameters: {path: out/x, source: '{{ env.A }}/in'}}")
    assert set(step.effects) == {
        Effect(Action.FS_WRITE, "out/x"),
        Effect(Action.FS_READ, "{{ env.A }}/in", known=False),
    }
    assert not step.reads_only
    assert not step.instant


def test_effects_that_a_type_names_itself_are_asked_for() -> None:
    assert planned("{id: a, step_type: hook, parameters: {target: x}}").effects == (Effect(Action.NET, "x"),)
    text = steps("{id: a, step_type: hook, parameters: {target: nowhere}}")
    assert problems_in(text) == ["RC203 4:42 nowhere is no target"]


def test_an_instant_type_without_effects_is_called_where_it_stands() -> None:
    step = planned("{id: a, step_type: noop}")
    assert (step.instant, step.reads_only, step.slotless, step.effects) == (True, True, False, ())


def test_a_step_may_say_itself_whether_it_can_be_repeated() -> None:
    assert planned("{id: a, step_type: noop}").repeatable is True
    assert planned("{id: a, step_type: noop, idempotent: false}").repeatable is False
    assert planned("{id: a, step_type: hook, parameters: {target: x}}").repeatable is False
    assert planned("{id: a, step_type: probe, parameters: {path: x}}").repeatable is True
    assert planned("{id: a, step_type: probe, parameters: {path: x, count: '{{ 1 }}'}}").repeatable is None


def test_unknown_step_types_are_told_with_a_suggestion() -> None:
    (problem,) = built(steps("{id: a, step_type: nop}")).problems
    assert (problem.message, problem.suggestion) == ("unknown step type 'nop'", "noop")


def test_a_plan_does_not_touch_the_mission() -> None:
    plan = plan_of(steps("{id: a, step_type: probe, parameters: {file_name: x}}"))
    assert msgspec.to_builtins(plan.mission.steps[0])["parameters"] == {"file_name": "x"}


def test_a_mission_that_cannot_be_read_has_no_plan() -> None:
    assert built("[]").plan is None
    assert built(HEAD).plan is None


class Broken(dict[str, Any]):
    """Step types that cannot be had."""

    def __getitem__(self, name: str) -> Any:
        if name == "no_package":
            raise ImportError("No module named 'lxml'")
        raise InvalidUse("it declares nothing", help="ask its author")


def test_step_types_that_cannot_be_loaded_are_told() -> None:
    text = steps("{id: a, step_type: no_package}", "{id: b, step_type: no_type}")
    result = built(text, catalogue=Broken(no_package=None, no_type=None))
    assert [(p.message, p.help) for p in result.problems] == [
        ("step type 'no_package' cannot be loaded: No module named 'lxml'", None),
        ("it declares nothing", "ask its author"),
    ]
