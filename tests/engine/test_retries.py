"""Which failures are tried again, and after how long."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.runs import Place
from rustchain.engine.retries import retry_delay
from rustchain.model.events import StepErred
from rustchain.model.failures import NATURE, Failure
from rustchain.model.mission import MissionConfig, MissionStep, Retry

PLAIN = MissionConfig()
FLAKY = 'parameters: {{command: sh, args: ["-c", "echo x >> tries; test $(wc -l < tries) -gt {failures} || exit {code}"]}}'


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def delay(retry: Retry | None, config: MissionConfig = PLAIN, **failed: object) -> int | None:
    step = MissionStep(id="a", step_type="noop", retry=retry)
    return retry_delay(step, config, StepErred(path="a", **{"kind": Failure.EXIT_CODE, **failed}))


def test_a_fixed_delay_stays_as_it_is() -> None:
    retry = Retry(attempts=3, delay_ms=70)
    assert [delay(retry, attempt=n) for n in (1, 2, 3, 4)] == [70, 70, 70, None]


def test_an_exponential_delay_doubles_up_to_its_limit() -> None:
    retry = Retry(attempts=9, delay_ms=100, backoff="exponential", max_delay_ms=500)
    assert [delay(retry, attempt=n) for n in (1, 2, 3, 4, 9)] == [100, 200, 400, 500, 500]


def test_a_fixed_delay_knows_no_limit() -> None:
    assert delay(Retry(attempts=1, delay_ms=9_000, max_delay_ms=100)) == 9_000


@given(
    st.integers(0, 10**7),
    st.integers(1, 10**6),
    st.integers(0, 999),
    st.sampled_from(["fixed", "exponential"]),
)
def test_jitter_shortens_a_delay_to_half_at_the_most(ms: int, attempt: int, dice: int, backoff: str) -> None:
    retry = Retry(attempts=10**6, delay_ms=ms, backoff=backoff)  # type: ignore[arg-type]  # one of both words
    whole = delay(retry, attempt=attempt)
    shorter = delay(
        Retry(attempts=10**6, delay_ms=ms, backoff=backoff, jitter=True), attempt=attempt, dice=dice
    )  # type: ignore[arg-type]  # as above
    assert whole is not None
    assert shorter is not None
    assert whole // 2 <= shorter <= whole


def test_only_the_kinds_and_codes_that_are_named_are_tried_again() -> None:
    retry = Retry(attempts=1, on=["timeout", 7, 503])
    assert delay(retry, code=7) is not None
    assert delay(retry, code=8) is None
    assert delay(retry, kind=Failure.TIMEOUT) is not None
    assert delay(retry, kind=Failure.CONNECTION, code=503) is not None
    assert delay(retry, kind=Failure.CONNECTION) is None


@pytest.mark.parametrize("kind", Failure)
def test_what_can_never_go_better_is_never_tried_again(kind: Failure) -> None:
    never = {"policy_denied", "invalid_parameters", "sandbox_unavailable", "budget", "cancelled", "internal"}
    again = delay(Retry(attempts=1), kind=kind) is not None
    assert again == NATURE[kind].retryable
    assert not (again and kind in never)


@pytest.mark.parametrize(
    ("answered", "repeatable", "again"),
    [(True, False, True), (True, True, True), (False, True, True), (False, False, False)],
)
def test_the_missions_own_retries_repeat_what_was_answered_or_is_safe(
    answered: bool, repeatable: bool, again: bool
) -> None:
    config = MissionConfig(retry_attempts=2, retry_delay_ms=30)
    failed = {"kind": Failure.CONNECTION, "answered": answered, "repeatable": repeatable}
    assert delay(None, config, **failed) == (30 if again else None)
    assert delay(Retry(attempts=1, delay_ms=5), config, **failed) == 5, "a step's own retry always holds"
    assert delay(None, PLAIN, **failed) is None, "unless asked for, nothing is tried again"


def test_an_exit_code_that_is_not_named_ends_it_at_once(place: Place) -> None:
    text = "steps: [{id: a, step_type: command, retry: {attempts: 3, delay_ms: 1, on: [7]}, "
    result = place.run(text + FLAKY.format(failures=1, code=8) + "}]")
    assert (result.step_results["a"].error_kind, result.step_results["a"].attempts) == ("exit_code", 1)


def test_backing_off_takes_its_time(place: Place) -> None:
    text = "steps: [{id: a, step_type: command, retry: {attempts: 3, delay_ms: 40, backoff: exponential}, "
    result = place.run(text + FLAKY.format(failures=2, code=1) + "}]")
    assert result.step_results["a"].attempts == 3
    assert result.total_duration_ms >= 40 + 80


def test_the_missions_own_retries_try_a_program_that_answered_again(place: Place) -> None:
    text = "config: {retry_attempts: 2, retry_delay_ms: 1}\nsteps: [{id: a, step_type: command, "
    assert place.run(text + FLAKY.format(failures=2, code=1) + "}]").exit_code == 0


@pytest.mark.parametrize(("idempotent", "attempts"), [("", 1), ("idempotent: true, ", 2)])
def test_the_missions_own_retries_repeat_a_program_that_timed_out_only_where_it_is_safe(
    place: Place, idempotent: str, attempts: int
) -> None:
    result = place.run(f"""
config: {{retry_attempts: 1, retry_delay_ms: 1}}
steps: [{{id: a, step_type: command, {idempotent}timeout_seconds: 0.1, parameters: {{command: sleep, args: ["9"]}}}}]
""")
    assert (result.step_results["a"].error_kind, result.step_results["a"].attempts) == ("timeout", attempts)


def test_each_item_has_retries_of_its_own(place: Place) -> None:
    result = place.run("""
steps:
  - id: each
    step_type: command
    foreach: [x, y]
    retry: {attempts: 1, delay_ms: 1}
    parameters: {command: sh, args: ["-c", "echo z >> {{ item }}; test $(wc -l < {{ item }}) -gt 1"]}
""")
    assert result.step_results["each"].attempts == 4
    assert [len(place.lines(name)) for name in ("x", "y")] == [2, 2]


def test_each_round_of_a_repeat_has_retries_of_its_own(place: Place) -> None:
    result = place.run("""
steps:
  - id: a
    step_type: command
    retry: {attempts: 1, delay_ms: 1}
    repeat: {until: "output.stdout == '6\\n'", max: 3}
    parameters: {command: sh, args: ["-c", "echo z >> n; n=$(wc -l < n); test $((n % 2)) = 0 && echo $n"]}
""")
    assert result.exit_code == 0
    assert len(place.lines("n")) == 6
