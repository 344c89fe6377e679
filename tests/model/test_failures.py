"""The closed list of failures, and the errors that carry them."""

import re
from pathlib import Path

import pytest

from rustchain.model import errors, failures
from rustchain.model.errors import InvalidMission, RustChainError, StepFailed, Stopped
from rustchain.model.failures import NATURE, Exit, Failure
from rustchain.model.problems import Problem, Related

EXITS = {value for value in vars(failures).values() if isinstance(value, Exit)}


def test_every_kind_of_failure_says_what_it_means() -> None:
    assert set(NATURE) == set(Failure)
    assert all(nature.meaning and nature.exit in EXITS for nature in NATURE.values())


def test_exit_codes_are_those_of_the_command_lines_contract() -> None:
    assert sorted(e.code for e in EXITS) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 130, 143]


def test_every_error_for_users_has_an_exit_code() -> None:
    kinds = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, RustChainError)]
    assert all(kind.exit in EXITS and kind.__doc__ for kind in kinds)
    assert not issubclass(Stopped, Exception), "a step's `except Exception` must not swallow it"


@pytest.mark.parametrize(("given", "answered"), [(None, False), (True, True)])
def test_a_failure_knows_whether_the_other_side_answered(given: bool | None, answered: bool) -> None:
    failed = StepFailed(Failure.CONNECTION, "lost", answered=given)
    assert (failed.answered, failed.message, str(failed), failed.help) == (answered, "lost", "lost", None)


def test_an_invalid_mission_tells_every_problem() -> None:
    error = InvalidMission([Problem("RC1", "one"), Problem("RC2", "two")])
    assert str(error) == "RC1: one\nRC2: two"


def test_a_problem_moves_with_what_it_is_about() -> None:
    problem = Problem("RC1", "one", ("steps", 0), related=(Related(("steps", 1), "here"),))
    moved = problem.below(("a",))
    assert moved.path == ("a", "steps", 0)
    assert moved.related[0].path == ("a", "steps", 1)


def test_every_kind_is_raised_somewhere_or_belongs_to_what_is_to_come() -> None:
    source = Path(errors.__file__).parents[1]
    named = {
        n
        for f in source.rglob("*.py")
        if f.parent.name != "model"
        for n in re.findall(r"Failure\.([A-Z_]+)", f.read_text())
    }
    assert {f.name for f in Failure} - named <= {
        "AUTHENTICATION",
        "MISSING_DEPENDENCY",
        "REJECTED",
        "EXPIRED",
        "BUDGET",
    }
