from rustchain.logic.diagnostics import Suggestions, choices, render
from rustchain.model.problems import Position, Problem, Related

PROBLEM = Problem(
    "RC104",
    "unknown step 'biuld' in depends_on",
    suggestion="build",
    help="steps defined here: build, test, publish",
    at=Position(23, 18, 5),
    source="deploy.yaml",
    line_text="    depends_on: [biuld]",
)


def test_a_problem_is_shown_as_the_command_line_promises() -> None:
    assert render(PROBLEM) == (
        "error[RC104]: unknown step 'biuld' in depends_on\n"
        "  --> deploy.yaml:23:18\n"
        "   |\n"
        "23 |     depends_on: [biuld]\n"
        "   |                  ^^^^^ did you mean 'build'?\n"
        "   = help: steps defined here: build, test, publish"
    )


def test_colour_changes_nothing_but_colour() -> None:
    coloured = render(PROBLEM, colour=True)
    assert "\x1b[31m" in coloured
    for escape in ("\x1b[31m", "\x1b[34m", "\x1b[1m", "\x1b[0m"):
        coloured = coloured.replace(escape, "")
    assert coloured == render(PROBLEM)


def test_a_warning_is_called_one() -> None:
    assert render(PROBLEM._replace(warning=True)).startswith("warning[RC104]")


def test_a_problem_without_a_place_is_a_line_and_its_help() -> None:
    problem = Problem("RC403", "unknown input 'x'", suggestion="y", help="none")
    assert render(problem) == "error[RC403]: unknown input 'x'\n  = did you mean 'y'?\n  = help: none"


def test_other_places_are_named_with_their_lines() -> None:
    related = (Related(("a",), "'a' is first used here", Position(2, 4)),)
    assert "= note: 'a' is first used here (deploy.yaml:2:4)" in render(PROBLEM._replace(related=related))


def test_of_a_long_line_the_part_around_the_place_is_shown() -> None:
    text = "x" * 1_000_000 + "HERE" + "y" * 1_000_000
    shown = render(PROBLEM._replace(at=Position(1, 1_000_001, 4), line_text=text))
    assert len(shown) < 600
    line, carets = shown.splitlines()[3:5]
    assert carets.index("^^^^") == line.index("HERE")


def test_a_place_longer_than_its_line_ends_with_the_line() -> None:
    shown = render(PROBLEM._replace(at=Position(1, 3, 500), line_text="ab cd"))
    assert shown.splitlines()[4].count("^") == 3


def test_control_characters_of_a_file_never_reach_the_terminal() -> None:
    problem = PROBLEM._replace(
        message="\x1b[2J", source="a\x07.yaml", line_text="\t\x1b]0;x\x07", at=Position(1, 2, 2)
    )
    assert not any(ord(c) < 32 and c != "\n" for c in render(problem))


def test_the_closest_word_is_suggested() -> None:
    suggestions = Suggestions()
    assert suggestions.closest("biuld", ["test", "build"]) == "build"
    assert suggestions.closest("BUILD", ["build"]) == "build"
    assert suggestions.closest("zzz", ["build"]) is None
    assert suggestions.closest("x" * 10_000, ["build"]) is None


def test_choices_are_what_may_have_been_meant_or_some_of_what_there_is() -> None:
    assert choices("steps", ["test", "build"], "biuld") == "did you mean 'build'?"
    assert choices("steps", ["test", "build"], "zzz") == "steps: test, build"
    assert choices("steps", [], "zzz") == "steps: none"
    assert choices("steps", [f"s{i}" for i in range(100)], "zzz").endswith("s18, s19 and 80 more")


def test_suggestions_end_before_they_cost_too_much() -> None:
    suggestions = Suggestions()
    words = [f"step_{i}" for i in range(60_000)]
    found = [suggestions.closest("step_1x", words) for _ in range(5)]
    assert found[0] is not None
    assert found[-1] is None
