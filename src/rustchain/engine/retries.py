"""Whether a failed attempt is tried again, and when."""

from rustchain.model.events import StepErred
from rustchain.model.failures import NATURE
from rustchain.model.mission import MissionConfig, MissionStep, Retry


def retry_delay(step: MissionStep, config: MissionConfig, failed: StepErred) -> int | None:
    """Milliseconds until the next attempt; None when there is none. A step's own `retry` always holds."""
    if not NATURE[failed.kind].retryable:
        return None
    if step.retry is not None:
        policy = step.retry
        wanted = not policy.on or failed.kind in policy.on or failed.code in policy.on
    else:
        policy = Retry(attempts=config.retry_attempts, delay_ms=config.retry_delay_ms)
        wanted = failed.answered or failed.repeatable
    if not wanted or failed.attempt > policy.attempts:
        return None
    return _delay(policy, failed)


def _delay(policy: Retry, failed: StepErred) -> int:
    delay = policy.delay_ms
    if policy.backoff == "exponential":
        # the bound keeps the power small; 2**60 ms is beyond any limit
        delay = min(delay * 2 ** min(failed.attempt - 1, 60), policy.max_delay_ms)
    return delay * (1000 + failed.dice) // 2000 if policy.jitter else delay
