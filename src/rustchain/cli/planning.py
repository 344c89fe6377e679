"""A plan as people read it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from rustchain.app.loading import Loaded
from rustchain.app.preview import Preview, StepPreview, preview
from rustchain.catalogue import Catalogue
from rustchain.cli.output import document, emit
from rustchain.cli.paint import short
from rustchain.cli.session import Session
from rustchain.logic.counting import counted
from rustchain.model.effects import Action

_MARKS = {
    Action.FS_READ: "<",
    Action.FS_WRITE: "+",
    Action.FS_DELETE: "-",
    Action.EXEC: ">",
    Action.SIGNAL: ">",
}
_CALL = "~"
_WORDS = {"<": "read", "+": "write", "-": "delete", ">": "program", _CALL: "call"}


def show_plan(session: Session, loaded: Loaded, catalogue: Catalogue, variables: Mapping[str, Any]) -> None:
    """Print a mission's plan on stdout."""
    found = preview(loaded, catalogue, variables)
    if session.json:
        document(found)
    else:
        emit("\n".join(_page(found)))


def _page(found: Preview) -> Iterator[str]:
    yield f"Plan of {found.mission} ({found.source})"
    for number, step in enumerate(found.steps, 1):
        yield from _step(step, f"{number:3} ", "    ")
    if found.finally_:
        yield "finally:"
    for number, step in enumerate(found.finally_, 1):
        yield from _step(step, f"{number:3} ", "    ")
    yield ""
    yield _summary(found)
    yield f"Risk: {found.risk['level']} (score {found.risk['score']})"
    yield from (f"warning: {text}" for text in found.warnings)


def _step(step: StepPreview, head: str, margin: str) -> Iterator[str]:
    after = f"  after {', '.join(_dependency(one) for one in step.after)}" if step.after else ""
    yield f"{head}{step.id}  {step.step_type}{after}"
    for name in ("when", "foreach", "until"):
        if (value := getattr(step, name)) is not None:
            yield f"{margin}  {name}: {short(value)}"
    for name, value in step.parameters.items():
        if not (step.steps and name == "steps"):
            yield f"{margin}  {name}: {short(value)}"
    for effect in step.effects:
        yield f"{margin}  {_effect(effect)}"
    if any(effect["action"] != Action.FS_READ for effect in step.effects):
        yield f"{margin}  {_consequences(step)}"
    for inner in step.steps:
        yield from _step(inner, f"{margin}  ", f"{margin}  ")


def _dependency(one: Mapping[str, str]) -> str:
    return one["step"] if one["on"].startswith("success") else f"{one['step']} ({one['on']})"


def _effect(effect: Mapping[str, Any]) -> str:
    later = "" if effect["known"] else "   (known at run time)"
    return f"{_MARKS.get(effect['action'], _CALL)} {effect['action']} {short(effect['target'])}{later}"


def _consequences(step: StepPreview) -> str:
    undone = "can be undone" if step.reversible else "cannot be undone"
    again = {
        True: "may be repeated",
        False: "is not repeated after a crash",
        None: "may or may not be repeated",
    }
    return f"= {undone}; {again[step.repeatable]}"


def _all(steps: list[StepPreview]) -> Iterator[StepPreview]:
    for step in steps:
        yield step
        yield from _all(step.steps)


def _summary(found: Preview) -> str:
    steps = [*_all(found.steps), *_all(found.finally_)]
    marks = Counter(_MARKS.get(effect["action"], _CALL) for step in steps for effect in step.effects)
    told = ", ".join(counted(marks[mark], word) for mark, word in _WORDS.items() if marks[mark])
    return f"{counted(len(steps), 'step')}: {told or 'no effects'}"
