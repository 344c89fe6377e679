from typing import Any

from harness.missions import plan_of, steps
from rustchain.engine.checks.unsupported import unsupported
from rustchain.stepkit import Parameters, step


def told(text: str) -> list[tuple[str, str]]:
    return [(".".join(map(str, p.path)), p.message) for p in unsupported(plan_of(text))]


def test_a_mission_that_asks_for_nothing_special_can_run() -> None:
    assert (
        told(
            steps(
                "{id: a, step_type: noop, sandbox: {require: auto}}",
                "{id: b, step_type: noop, sandbox: {require: none}}",
            )
        )
        == []
    )


def test_every_promise_that_cannot_be_kept_is_told() -> None:
    text = (
        steps(
            "{id: a, step_type: noop, sandbox: {require: strong, fs: {read: [x]}, limits: {cpu_s: 1}}}",
            "{id: b, step_type: noop, budget: {usd: 1}, compensate: {step_type: noop}}",
            "{id: c, step_type: mission, parameters: {steps: [{id: d, step_type: noop, sandbox: {net: {}}}]}}",
        )
        + "finally: [{id: z, step_type: noop, budget: {}}]\nconfig: {rollback: on_failure, sandbox: {require: basic}}\n"
    )
    assert told(text) == [
        ("config.sandbox.require", "a basic sandbox is not available in this version"),
        ("config.rollback", "rollback on failure is not available in this version"),
        ("steps.0.sandbox.require", "a strong sandbox is not available in this version"),
        ("steps.0.sandbox.fs", "a sandbox with 'fs' is not available in this version"),
        ("steps.0.sandbox.limits", "a sandbox with 'limits' is not available in this version"),
        ("steps.1.budget", "a budget is not available in this version"),
        ("steps.1.compensate", "compensation is not available in this version"),
        ("finally.0.budget", "a budget is not available in this version"),
        ("steps.2.parameters.steps.0.sandbox.net", "a sandbox with 'net' is not available in this version"),
    ]
    assert {p.source for p in unsupported(plan_of(text))} == {"m.yaml"}


def test_an_approval_is_told() -> None:
    class Approval(Parameters):
        """Ask."""

    @step(idempotent=True)
    def approval(p: Approval, ctx: object) -> Any:
        """Ask a person."""

    plan = plan_of(steps("{id: a, step_type: approval}"), catalogue={"approval": approval})
    assert [p.path for p in unsupported(plan)] == [("steps", 0, "step_type")]


def test_a_lock_is_told_of_a_child_mission_only() -> None:
    lock = "config: {lock: {key: k}}\n"
    child = plan_of(steps("{id: a, step_type: noop}") + lock)
    text = steps("{id: c, step_type: mission, parameters: {file: c.yaml}}") + lock
    plan = plan_of(text, children={("c.yaml", 1): child})
    assert [(p.path, p.message) for p in unsupported(plan)] == [
        (("config", "lock"), "a lock of a child mission is not available in this version")
    ]
