"""Events are for ever: kinds and defaults never change their meaning."""

import msgspec
import pytest

from rustchain.model import events as ev
from rustchain.model.events import BY_KIND, EVENTS


def test_every_event_has_a_kind_of_its_own() -> None:
    assert len(BY_KIND) == len(EVENTS)
    assert set(EVENTS) == set(ev.Event.__subclasses__())
    assert 0 not in BY_KIND


@pytest.mark.parametrize("event", EVENTS)
def test_what_is_not_said_costs_nothing(event: type[ev.Event]) -> None:
    needed = {f.name: _example(f.type) for f in msgspec.structs.fields(event) if f.required}
    made = event(**needed)
    encoded = msgspec.json.encode(made)
    assert set(msgspec.json.decode(encoded)) == set(needed)
    assert msgspec.json.decode(encoded, type=event) == made


def _example(type_: type) -> object:
    return next(iter(type_)) if isinstance(type_, type(ev.Status)) else {int: 1, str: "x"}[type_]


def test_kinds_are_those_of_the_first_version() -> None:
    """A kind, once released, is never given to another event."""
    assert {e.__name__: e.KIND for e in EVENTS} == {
        "RunStarted": 1, "RunResumed": 2, "RunInterrupted": 3, "CancelRequested": 4, "DeadlinePassed": 5, "RunEnded": 6,
        "StepSkipped": 10, "ChildrenAdded": 11, "StepStarted": 12, "StepSucceeded": 13, "StepErred": 14, "RoundEnded": 15,
        "WaitElapsed": 16, "OutcomeDecided": 17, "StepInherited": 18,
    }  # fmt: skip


def test_an_origin_says_only_what_is_not_usual() -> None:
    origin = ev.Origin(source="m.yaml", text="x", workdir="/w", timestamp="t")
    assert msgspec.to_builtins(origin) == {"source": "m.yaml", "text": "x", "workdir": "/w", "timestamp": "t"}
