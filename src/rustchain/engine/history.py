"""What is known of each piece of work, read off the events: live while the run goes on, and after replay."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from rustchain.model import events as ev
from rustchain.model.failures import Failure

_decode = msgspec.json.Decoder().decode
_report = msgspec.json.Decoder(ev.Report).decode


class Fact(Struct):
    """The last attempt of one path. Times are milliseconds; `output` is JSON, or None where it is a blob or nothing."""

    ended_at: int = 0
    ms: int = 0
    attempts: int = 0
    output: bytes | None = None
    blob: str = ""
    size: int = 0
    previous: tuple[bytes | None, str] = (None, "")
    """Output and blob of the last round of a repeat, whatever later attempts gave."""
    kind: Failure | None = None
    error: str | None = None
    detail: Any = None
    cpu_ms: int = 0
    max_rss_kb: int = 0
    started_at: int = 0
    shown: bytes | None = None
    """Payload of `StepStarted`: parameters as shown, and effects."""
    condition: bytes | None = None
    """Payload of `StepSkipped`: the condition and its values."""
    items: bytes | None = None
    """Payload of `ChildrenAdded`."""
    inherited: bool = False
    engine: int = 0
    """Which of the engines that drove the run one after the other began the attempt."""


class History:
    """Facts by path, and the run's own."""

    def __init__(self) -> None:
        self.facts: dict[str, Fact] = {}
        self.started_at = 0
        self.ended_at: int | None = None
        self.status = ev.Status.RUNNING
        self.outputs: bytes | None = None
        self.engine = ""
        self._engines = 0
        self._interrupted: set[int] = set()

    @property
    def stopped(self) -> bool:
        """Whether the engine that drove the run last was told to leave it open."""
        return self._engines in self._interrupted

    def interrupted(self, path: str) -> bool:
        """Whether the engine that began the last attempt of a path was told to leave the run open; else it died."""
        fact = self.facts.get(path)
        return fact is not None and fact.engine in self._interrupted

    def add(self, event: ev.Event, at: int, payload: bytes | None) -> None:
        """Take note of one event."""
        if isinstance(event, ev.StepSucceeded):
            self._succeeded(event, at, payload)
        elif isinstance(event, ev.StepErred):
            self._erred(event, at, payload)
        else:
            self._other(event, at, payload)

    def fact(self, path: str) -> Fact:
        """The fact of a path, made when there is none yet."""
        found = self.facts.get(path)
        if found is None:
            found = self.facts[path] = Fact()
        return found

    def _succeeded(self, event: ev.StepSucceeded, at: int, payload: bytes | None) -> None:
        fact = self.fact(event.path)
        fact.ended_at, fact.ms, fact.started_at = at, event.ms, at - event.ms
        fact.attempts += 1
        fact.output, fact.blob, fact.size = payload, event.blob, event.size
        fact.kind = fact.error = fact.detail = None
        fact.cpu_ms, fact.max_rss_kb = event.cpu_ms, event.max_rss_kb

    def _erred(self, event: ev.StepErred, at: int, payload: bytes | None) -> None:
        fact = self.fact(event.path)
        fact.ended_at, fact.ms, fact.started_at = at, event.ms, at - event.ms
        fact.attempts += 1
        fact.blob = ""
        _note_failure(fact, event.kind, payload)
        fact.cpu_ms, fact.max_rss_kb = event.cpu_ms, event.max_rss_kb

    def _other(self, event: ev.Event, at: int, payload: bytes | None) -> None:
        match event:
            case ev.StepStarted():
                fact = self.fact(event.path)
                fact.started_at, fact.shown, fact.engine = at, payload, self._engines
            case ev.StepSkipped():
                self.fact(event.path).condition = payload
            case ev.ChildrenAdded():
                fact = self.fact(event.path)
                fact.started_at, fact.items = at, payload
            case ev.RoundEnded():
                fact = self.fact(event.path)
                fact.output, fact.blob, fact.size = payload, event.blob, event.size
                fact.previous = payload, event.blob
            case ev.OutcomeDecided():
                self._decided(event, at, payload)
            case ev.StepInherited():
                self._inherited(event, payload)
            case _:
                self._run(event, at, payload)

    def _run(self, event: ev.Event, at: int, payload: bytes | None) -> None:
        match event:
            case ev.RunStarted():
                self.started_at, self.engine = at, event.engine
            case ev.RunResumed():
                self._engines += 1
            case ev.RunInterrupted():
                self._interrupted.add(self._engines)
            case ev.RunEnded():
                self.ended_at, self.status, self.outputs = at, event.status, payload
            case _:
                pass

    def _inherited(self, event: ev.StepInherited, payload: bytes | None) -> None:
        fact = self.fact(event.path)
        fact.inherited = True
        fact.blob, fact.size = event.blob, event.size
        if event.kind is None:
            fact.output = payload
        else:
            _note_failure(fact, event.kind, payload)

    def _decided(self, event: ev.OutcomeDecided, at: int, payload: bytes | None) -> None:
        fact = self.fact(event.path)
        body: Mapping[str, Any] = _decode(payload) if payload else {}
        fact.ended_at = at
        fact.attempts += 1
        if event.decision is ev.Decision.FAILED:
            fact.kind = Failure.UNKNOWN_OUTCOME
            fact.error = "its outcome was unknown, and a person decided that it failed"
        elif event.decision is ev.Decision.DONE:
            given = body.get("output")
            fact.output = None if given is None else msgspec.json.encode(given)
            fact.kind = fact.error = fact.detail = None
            fact.blob, fact.size = "", 0


def _note_failure(fact: Fact, kind: Failure, payload: bytes | None) -> None:
    report = _report(payload) if payload else ev.Report(error="")
    fact.kind, fact.error, fact.detail = kind, report.error, report.detail
    fact.output = None if report.output is None else msgspec.json.encode(report.output)
