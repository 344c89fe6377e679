"""What is known of each piece of work, read off the events."""

import msgspec

from rustchain.engine.history import Fact, History
from rustchain.model import events as ev
from rustchain.model.failures import Failure


def known(*events: tuple[ev.Event, bytes | None]) -> History:
    """A history of events, ten milliseconds apart, the first at 10."""
    history = History()
    for n, (event, payload) in enumerate(events, 1):
        history.add(event, n * 10, payload)
    return history


def report(**fields: object) -> bytes:
    return msgspec.json.encode({"error": "no", **fields})


def test_the_last_attempt_is_what_counts() -> None:
    failed = ev.StepErred(path="a", kind=Failure.EXIT_CODE, ms=3)
    done = ev.StepSucceeded(path="a", attempt=2, ms=4, cpu_ms=5, max_rss_kb=6)
    history = known((failed, report(detail={"x": 1}, output=7)), (done, b'"out"'))
    assert history.fact("a") == Fact(
        ended_at=20, ms=4, attempts=2, output=b'"out"', cpu_ms=5, max_rss_kb=6, started_at=16
    )


def test_a_failure_is_known_with_its_detail_and_what_it_gave() -> None:
    fact = known((ev.StepErred(path="a", kind=Failure.LIMIT), report(detail=[1], output={"n": 1}))).fact("a")
    assert (fact.kind, fact.error, fact.detail, fact.output) == (Failure.LIMIT, "no", [1], b'{"n":1}')


def test_what_was_erased_is_not_known() -> None:
    fact = known((ev.StepErred(path="a", kind=Failure.LIMIT), None)).fact("a")
    assert (fact.kind, fact.error, fact.output) == (Failure.LIMIT, "", None)


def test_a_run_is_known_by_its_beginning_and_its_end() -> None:
    started = ev.RunStarted(engine="1", mission="m", inputs="i", catalogue="c")
    history = known((started, b"{}"), (ev.RunEnded(status=ev.Status.FAILED), b'{"outputs":{}}'))
    assert (history.started_at, history.ended_at, history.engine) == (10, 20, "1")
    assert (history.status, history.outputs) == (ev.Status.FAILED, b'{"outputs":{}}')


def test_a_round_hands_on_its_output() -> None:
    fact = known((ev.RoundEnded(path="a", round=1, blob="d", size=9), None)).fact("a")
    assert (fact.blob, fact.size, fact.output) == ("d", 9, None)


def test_what_was_inherited_holds_what_it_held() -> None:
    good = (ev.StepInherited(path="a", blob="d", size=9), None)
    bad = (ev.StepInherited(path="b", kind=Failure.LIMIT), report(output=3))
    history = known(good, bad, (ev.StepInherited(path="c", skipped=True), None))
    assert history.fact("a") == Fact(blob="d", size=9, inherited=True)
    assert (history.fact("b").kind, history.fact("b").error, history.fact("b").output) == (
        Failure.LIMIT,
        "no",
        b"3",
    )
    assert history.fact("c") == Fact(inherited=True)


def test_a_decision_is_the_end_of_an_attempt() -> None:
    def decided(decision: ev.Decision, payload: bytes | None = None) -> Fact:
        return known((ev.OutcomeDecided(path="a", decision=decision), payload)).fact("a")

    assert decided(ev.Decision.DONE, b'{"output": [1]}').output == b"[1]"
    assert decided(ev.Decision.DONE).output is None
    assert decided(ev.Decision.FAILED).kind is Failure.UNKNOWN_OUTCOME
    assert decided(ev.Decision.AGAIN).kind is None


def test_other_events_tell_nothing_of_work() -> None:
    assert known((ev.CancelRequested(), None), (ev.WaitElapsed(path="a"), None)).facts == {}
