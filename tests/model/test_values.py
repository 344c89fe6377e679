"""Templates, references, plans and effects as values."""

import msgspec
import pytest

from harness.machines import plan, planned
from rustchain.model.effects import Action, Effect
from rustchain.model.expression import Expression, Reference, Template
from rustchain.model.mission import CONFIG_SPELLINGS, Mission, MissionConfig, MissionStep
from rustchain.model.plan import place, with_children

A = Expression("a.b", (Reference("a", ("b",)),), plain=True)


def test_a_reference_is_written_with_dots_and_brackets() -> None:
    assert str(Reference("a", ("output", "rows", 0, "total"))) == "a.output.rows[0].total"


def test_a_template_knows_its_expressions_and_its_text() -> None:
    whole, mixed, plain = Template((A,)), Template(("x ", A)), Template(("x",))
    assert (whole.whole, mixed.whole, plain.whole) == (True, False, False)
    assert (whole.source, mixed.source, plain.source) == ("{{ a.b }}", "x {{ a.b }}", "x")
    assert (mixed.expressions, plain.expressions) == ((A,), ())


def test_an_effect_is_read_as_action_and_target() -> None:
    assert str(Effect(Action.FS_WRITE, "out.txt")) == "fs.write out.txt"


def test_a_plan_is_met_with_all_its_child_missions_each_once() -> None:
    inner = plan(planned("x"))
    middle = plan(planned("m", child=inner), planned("n", child=inner))
    outer = plan(planned("a"), planned("kid", child=middle), tidy=[planned("tidy", child=inner)])
    assert [each for each, _ in with_children(outer)] == [outer, middle, inner]
    assert [place(outer, 1), place(outer, 2)] == [("steps", 1), ("finally", 0)]


def test_parts_of_a_mission_refuse_unknown_keys_and_never_change() -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field `tmieout`"):
        msgspec.convert({"tmieout": 3}, MissionConfig)
    step = MissionStep(id="a", step_type="noop")
    with pytest.raises(AttributeError):
        step.id = "b"  # type: ignore[misc]  # that it cannot be done is tested
    assert msgspec.to_builtins(step) == {"id": "a", "step_type": "noop"}


def test_other_spellings_stand_for_keys_that_are_there() -> None:
    assert set(CONFIG_SPELLINGS.values()) <= set(MissionConfig.__struct_fields__)


@pytest.mark.parametrize("version", ["1", "one", "1.0.0.0", ""])
def test_a_version_is_written_with_two_or_three_numbers(version: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(
            {"version": version, "name": "m", "steps": [{"id": "a", "step_type": "noop"}]}, Mission
        )
