"""One attempt of one task: evaluate, render, check, call the step's function, judge what it gave. Answers are events."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import msgspec
from msgspec import Struct

from rustchain.engine.context import Graphs, StepContext
from rustchain.engine.filling import fill
from rustchain.engine.history import History
from rustchain.engine.inputs import check_inputs
from rustchain.engine.names import Names
from rustchain.engine.parameters import typed
from rustchain.engine.services import RunSetup, Services
from rustchain.engine.tasks import Scope, Task
from rustchain.logic.expressions import EvaluationFailed
from rustchain.model import events as ev
from rustchain.model.errors import MissingSecret, StepFailed, Stopped, StorageFailed
from rustchain.model.expression import Template
from rustchain.model.failures import Failure
from rustchain.stepkit import StepType

INLINE = 64 * 1024
"""Outputs of more bytes are blobs."""

_encode = msgspec.json.Encoder(order=None).encode
_decode = msgspec.json.Decoder().decode


class Answer(Struct, frozen=True, gc=False):
    """What came of an attempt: an event with its payload."""

    event: ev.Event
    payload: bytes | None = None


class Ready(Struct, frozen=True):
    """An attempt whose parameters are known; `started` is what must be durable before it begins, None without effects."""

    type: StepType[Any]
    parameters: Any
    context: StepContext
    repeatable: bool
    started: Answer | None


class Judged(Struct, frozen=True, gc=False):
    """What a step gave, as JSON, and whether another round is wanted."""

    data: bytes
    again: bool


class Attempts:
    """Makes attempts for one run. It decides nothing about what runs: that is the machine's."""

    def __init__(self, services: Services, setup: RunSetup, history: History, graphs: Graphs) -> None:
        self._services = services
        self._setup = setup
        self._history = history
        self._graphs = graphs
        self._items: dict[str, list[Any]] = {}
        self._names: dict[str, Names] = {}
        self._inputs: dict[str, Mapping[str, Any]] = {"": setup.inputs}
        self.on_log: Callable[[str, str], None] | None = None

    def names(self, scope: Scope) -> Names:
        """The names of a graph."""
        if scope.path not in self._names:
            if scope.owner is not None and scope.name not in self._inputs:
                # resumed, and its step has not come to it again yet
                self.set_inputs(scope.owner, self._rendered(scope.owner).get("inputs", {}))
            inputs = self._inputs[scope.name]
            self._names[scope.path] = Names(self._setup, self._history, scope, inputs, self._blob)
        return self._names[scope.path]

    def set_inputs(self, task: Task, given: Mapping[str, Any]) -> None:
        """The inputs of the child mission that a step is about to open; StepFailed where they are not what it takes."""
        child = task.plan.child
        checked = check_inputs(child.mission.inputs if child else {}, given)
        if checked.problems:
            raise StepFailed(Failure.INVALID_PARAMETERS, "; ".join(p.message for p in checked.problems))
        self._inputs[task.path] = checked.values

    def _blob(self, digest: str) -> bytes:
        return self._services.store.get_blob(self._setup.lease.run_id, digest)

    def prepare(self, task: Task) -> Answer | Ready:
        """Evaluate `when` and `foreach`, render and check parameters. Raises what `failed` takes."""
        when = task.plan.when
        if when is not None and task.parent is None and task.attempt == task.round == 1:
            names = self.names(task.scope)
            if not _truth(names.render(when, self._local(task)), "when"):
                return Answer(ev.StepSkipped(path=task.path), self.json(self._condition(when, names)))
        if task.expands:
            items = self._listed(task)
            event = ev.ChildrenAdded(path=task.path, nesting=ev.Nesting.ITEMS, count=len(items))
            return Answer(event, self.json(items))
        return self._ready(task)

    def _ready(self, task: Task) -> Ready:
        plan = task.plan
        type = self._setup.catalogue[plan.type]
        parameters = plan.parameters if plan.parameters is not None else self._typed(task, type)
        env = self._env(task) if plan.step.env else {}
        context = StepContext(self._services, self._setup, task, self._graphs, env, self.on_log)
        if plan.reads_only:
            return Ready(type, parameters, context, True, None)
        repeatable = self._repeatable(task, type, parameters)
        event = ev.StepStarted(
            path=task.path, attempt=task.attempt, repeatable=repeatable, key=context.idempotency_key
        )  # fmt: skip
        shown = self._shown(task)
        effects = [str(e) for e in type.effects({**msgspec.to_builtins(parameters), **shown})]
        started = Answer(event, self.json({"parameters": shown, "effects": effects}))
        return Ready(type, parameters, context, repeatable, started)

    def _typed(self, task: Task, type: StepType[Any]) -> Any:
        """Parameters with expressions in them, rendered and checked."""
        return typed(type, self._rendered(task), [hole.path for hole in task.plan.holes])

    def _rendered(self, task: Task) -> dict[str, Any]:
        plan, names, local = task.plan, self.names(task.scope), self._local(task)
        return dict(fill(plan.step.parameters, plan.holes, lambda t: names.render(t, local)))

    def _env(self, task: Task) -> dict[str, str]:
        """The variables that the step's process gets from the mission."""
        names, local = self.names(task.scope), self._local(task)
        env = fill(task.plan.step.env, task.plan.env, lambda t: names.render(t, local))
        return {name: _text(value) for name, value in env.items()}

    def _shown(self, task: Task) -> Any:
        """Parameters for people: templates that read a secret stay as they are written."""
        names, local = self.names(task.scope), self._local(task)

        def show(template: Template) -> Any:
            return template.source if names.secret(template) else names.render(template, local)

        return fill(task.plan.step.parameters, task.plan.holes, show)

    def _repeatable(self, task: Task, type: StepType[Any], parameters: Any) -> bool:
        if task.plan.step.idempotent is not None:
            return task.plan.step.idempotent
        if isinstance(type.idempotent, bool):
            return type.idempotent
        return bool(type.idempotent(msgspec.to_builtins(parameters)))

    def _listed(self, task: Task) -> list[Any]:
        """The items of a foreach, as they are used and not as they are shown."""
        foreach = task.plan.foreach
        items = task.plan.step.foreach if foreach is None else self.names(task.scope).render(foreach)
        if not isinstance(items, list):
            raise StepFailed(Failure.INVALID_PARAMETERS, f"foreach needs a list and got {_kind(items)}")
        if task.items is not None and len(items) != task.items.count:
            message = f"the list of the foreach has changed since the run began: it had {task.items.count} items and has {len(items)}"
            raise StepFailed(Failure.INVALID_PARAMETERS, message)
        self._items[task.path] = items
        return items

    def _local(self, task: Task) -> dict[str, Any]:
        local: dict[str, Any] = {}
        if task.parent is not None:
            if task.parent.path not in self._items:
                self._listed(task.parent)
            index = task.order[-1]
            local = {"item": self._items[task.parent.path][index], "index": index}
        if task.plan.step.repeat is not None:
            data, blob = self._history.fact(task.path).previous
            data = self._blob(blob) if blob else data
            local["previous"] = None if data is None else _decode(data)
        return local

    def _condition(self, template: Template, names: Names) -> dict[str, Any]:
        """The condition of a skipped step with the values that it saw."""
        references = {str(ref): ref for e in template.expressions for ref in e.references}
        values = {}
        for name, ref in references.items():
            part = Template((template.expressions[0]._replace(source=name, references=(ref,), plain=True),))
            try:
                values[name] = part.source if names.secret(part) else names.render(part)
            except EvaluationFailed as missing:
                values[name] = str(missing)
        return {"condition": template.source, "values": values}

    async def call(self, ready: Ready) -> Any:
        """Call the step's function in its own way, within the step's deadline."""
        type, parameters, context = ready.type, ready.parameters, ready.context
        if type.asynchronous:
            return await type.run(parameters, context)
        return await context.in_thread(type.run, parameters, context)

    async def within(self, seconds: float | None, work: Awaitable[Any]) -> Any:
        """Await work; StepFailed (timeout) after so many seconds."""
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                return await work
        except TimeoutError:
            if not limit.expired():
                raise
            raise StepFailed(
                Failure.TIMEOUT, f"the attempt took longer than its {seconds:g} seconds"
            ) from None

    def judged(self, task: Task, result: Any) -> Judged:
        """Judge what the function gave: `expect`, then `until`. Raises what `failed` takes."""
        data = self.json(result)
        if task.plan.expect is None and task.plan.until is None:
            return Judged(data, False)
        return Judged(data, self._judged(task, {**self._local(task), "output": _decode(data)}))

    def keep(self, data: bytes) -> str:
        """Keep a large output as a blob: its digest; "" for one that is small. It blocks until the blob is on disk."""
        return self._services.store.put_blob(self._setup.lease.run_id, data) if len(data) > INLINE else ""

    def concluded(self, task: Task, ready: Ready, judged: Judged, blob: str, ms: int) -> Answer:
        """The event of an attempt that went well: the step's success, or the end of a round."""
        context, size = ready.context, len(judged.data) if blob else 0
        payload = None if blob else judged.data
        log = context.close_log()
        if judged.again:
            round = ev.RoundEnded(
                path=task.path, round=task.round, attempt=task.attempt, ms=ms, blob=blob, size=size, log=log
            )  # fmt: skip
            return Answer(round, payload)
        event = ev.StepSucceeded(
            path=task.path, attempt=task.attempt, ms=ms, cpu_ms=context.cpu_ms, max_rss_kb=context.max_rss_kb,
            blob=blob, size=size, log=log,
        )  # fmt: skip
        return Answer(event, payload)

    def _judged(self, task: Task, local: Mapping[str, Any]) -> bool:
        """Whether another round is wanted."""
        names = self.names(task.scope)
        if (expect := task.plan.expect) is not None and not _truth(names.render(expect, local), "expect"):
            message = f"expected {expect.source}, and it is false"
            raise StepFailed(Failure.EXPECTATION, message, output=local["output"])
        return task.plan.until is not None and not _truth(names.render(task.plan.until, local), "until")

    def failed(self, task: Task, error: BaseException, ready: Ready | None, ms: int) -> Answer:
        """The event of a failed attempt, whatever was raised."""
        failure = _as_failure(error)
        context = ready.context if ready else None
        if failure.kind is Failure.INTERNAL:
            context = context or StepContext(self._services, self._setup, task, self._graphs, {}, self.on_log)
            with suppress(StorageFailed):  # without room for it the event still tells what happened
                context.log("".join(traceback.format_exception(error)))
        report = ev.Report(error=failure.message, detail=failure.detail, output=failure.output)
        safe = ready.repeatable if ready else True
        if task.child is not None:
            safe = task.child.repeatable
        event = ev.StepErred(
            path=task.path, kind=failure.kind, attempt=task.attempt, ms=ms, code=failure.code,
            answered=failure.answered, repeatable=safe, dice=self._services.dice(),
            cpu_ms=context.cpu_ms if context else 0, max_rss_kb=context.max_rss_kb if context else 0,
            log=context.close_log() if context else "",
        )  # fmt: skip
        return Answer(event, self.json(report))

    def json(self, value: Any) -> bytes:
        """Plain JSON with secrets masked: what the journal keeps, and so what dependents see."""
        return self._setup.redactor.json(_encode(value))

    def outputs(self, scope: Scope) -> dict[str, Any]:
        """The `outputs` of a graph that is over; EvaluationFailed where one reads what is not there."""
        return dict(fill(scope.plan.mission.outputs, scope.plan.outputs, self.names(scope).render))

    def ended(self, scope: Scope) -> Answer:
        """The end of the run, with the mission's outputs; one that cannot be read is left out, with a warning."""
        outputs: dict[str, Any] = {}
        warnings = []
        for name in scope.plan.mission.outputs if scope.status is ev.Status.COMPLETED else ():
            try:
                outputs[name] = self._output(scope, name)
            except EvaluationFailed as error:
                warnings.append(f"output {name!r}: {error}")
        return Answer(ev.RunEnded(status=scope.status), self.json({"outputs": outputs, "warnings": warnings}))

    def _output(self, scope: Scope, name: str) -> Any:
        holes = [hole for hole in scope.plan.outputs if hole.path[0] == name]
        return fill(scope.plan.mission.outputs, holes, self.names(scope).render)[name]

    def child_outputs(self, scope: Scope) -> dict[str, Any]:
        """What the step of a child mission gives: its `outputs`, else the outputs of its steps."""
        if scope.plan.mission.outputs:
            return self.outputs(scope)
        names = self.names(scope)
        return {task.plan.id: names.output(task) for task in scope.tasks}


def _truth(value: Any, key: str) -> bool:
    if isinstance(value, bool):
        return value
    raise StepFailed(Failure.INVALID_PARAMETERS, f"`{key}` must be true or false and is {_kind(value)}")


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    names = {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
        dict: "an object",
    }
    return names[type(value)]


def _text(value: Any) -> str:
    """A value of `env` as the process sees it."""
    return value if isinstance(value, str) else _encode(value).decode()


def _as_failure(error: BaseException) -> StepFailed:
    match error:
        case StepFailed():
            return error
        case EvaluationFailed():
            return StepFailed(Failure.INVALID_PARAMETERS, str(error))
        case MissingSecret():
            return StepFailed(Failure.MISSING_SECRET, error.message)
        case asyncio.CancelledError() | Stopped():
            return StepFailed(Failure.CANCELLED, "it was stopped before it ended")
        case _:
            name = type(error).__name__
            return StepFailed(
                Failure.INTERNAL,
                f"a bug in RustChain, not in the mission: {name}: {error}",
                detail={"exception": name},
            )
