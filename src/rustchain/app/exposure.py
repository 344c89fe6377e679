"""Secrets must not stand in what is stored of a run: its mission's text, and what it is started with."""

import json
from collections.abc import Iterator
from itertools import product

from rustchain.app.values import Values
from rustchain.engine.inputs import as_text
from rustchain.model.errors import Refused
from rustchain.model.events import Origin
from rustchain.model.plan import Plan


def check_exposure(plan: Plan, origin: Origin, values: Values) -> None:
    """
    Refused where the value of a secret stands in what would be stored.

    A run is read from these again, so nothing in them can be masked. Secrets that are only implied may be common words,
    which an author may write: they must not be given as inputs and variables.
    """
    public = {as_text(spec.default) for spec in plan.mission.inputs.values() if spec.secret and spec.default}
    given, stored = list(_given(plan, origin)), list(_stored(origin))
    for secrets, places in ((values.declared, [*given, *stored]), (values.implied, given)):
        for (name, value), (place, text) in product(secrets, places):
            if value not in public and _stands_in(value, text):
                raise Refused(
                    f"the value of the secret {name!r} stands in {place}, which would be stored as it is",
                    help="Give the value as a secret alone, or choose another.",
                )


def _given(plan: Plan, origin: Origin) -> Iterator[tuple[str, str]]:
    """Inputs and variables from outside, by what they are called."""
    for name, value in origin.inputs.items():
        if value != plan.mission.inputs[name].default:
            yield f"the input {name!r}", as_text(value)
    for name, value in origin.variables.items():
        yield f"the variable {name!r}", as_text(value)


def _stored(origin: Origin) -> Iterator[tuple[str, str]]:
    """The rest of what is stored."""
    for source, text in {origin.source: origin.text, **origin.files}.items():
        yield f"the text of {source}", text
        yield "the name of a mission's file", source
    for name, value in origin.env.items():
        yield f"the environment variable {name}", value
    yield "the name of the folder it runs in", origin.workdir


def _stands_in(value: str, text: str) -> bool:
    """Whether a text holds a value, each line as it is or escaped as in JSON; indentation aside."""
    lines = [line.strip() for line in value.splitlines() if line.strip()]
    return bool(lines) and all(line in text or _escaped(line) in text for line in lines)


def _escaped(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]
