"""Drive one run: carry out the machine's instructions, and feed back as events what happened."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rustchain.engine.attempts import INLINE, Answer, Attempts, Ready
from rustchain.engine.history import History
from rustchain.engine.instructions import (
    Await,
    Close,
    Ended,
    Instruction,
    SetDeadline,
    Start,
    Stop,
    Wake,
)
from rustchain.engine.machine import Machine
from rustchain.engine.publisher import Publisher
from rustchain.engine.reasons import failure
from rustchain.engine.replay import awaited
from rustchain.engine.services import Observer, RunSetup, Services
from rustchain.engine.states import State
from rustchain.engine.tasks import Scope, Task
from rustchain.logic.chain import Chain
from rustchain.model import events as ev
from rustchain.model.errors import StepFailed, Stopped, StorageFailed
from rustchain.model.events import Status
from rustchain.model.failures import Failure
from rustchain.model.run import Request

POLL_SECONDS = 0.25
"""How often requests from outside are looked for."""
TURN = 100
"""Instructions carried out before the event loop gets its turn."""


class Runner:
    """One run in this process. `machine` and `history` may already hold what a replay put there."""

    def __init__(
        self,
        services: Services,
        setup: RunSetup,
        machine: Machine,
        history: History,
        observer: Observer | None = None,
    ) -> None:
        self.machine = machine
        self.history = history
        self._services = services
        self._now, self._monotonic = services.clock.now, services.clock.monotonic
        self._setup = setup
        lease = setup.lease
        self._chain = Chain(lease.stream, lease.run_id, lease.epoch, lease.key, lease.seq, lease.hash)
        self._attempts = Attempts(services, setup, history, self)
        self._publisher = Publisher(lambda: services.store.durable(lease), observer)
        self._attempts.on_log = self._publisher.log if observer else None
        self._todo: deque[Instruction] = deque()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._closed: dict[str, asyncio.Future[None]] = {}
        self._timers: set[asyncio.TimerHandle] = set()
        self._seen: set[int] = set()
        self._turning = False
        self._asked = False
        """It was asked to cancel or interrupt the run."""
        self._interrupted = False
        self._over: asyncio.Future[None] | None = None
        self._guard = _Guard(self._end)

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self._setup.lease.run_id

    async def run(self, *first: Answer, requests: Sequence[Request] = ()) -> Status:
        """Tell the machine the first events and drive it until it ends, awaits a decision, or is interrupted."""
        loop = asyncio.get_running_loop()
        self._over = loop.create_future()
        poll = loop.create_task(self._poll())
        publish = loop.create_task(self._publisher.run())
        try:
            self._turning = True  # nothing is carried out before all that is known has been told
            self._begin(first)
            for request in requests:
                self._answer(request)
            self._turn()
            await self._over
            await self._services.store.durable(self._setup.lease)
        finally:
            await self._wind_up(poll)
            await self._publisher.finish(publish)
        return self.history.status

    def interrupt(self, signal: int) -> None:
        """
        Start nothing more and stop what runs; the run stays open. After `cancel`, or called again, what runs has no
        grace any more.
        """
        if self._asked:
            self._setup.grace.seconds = 0
        self._asked = True
        for task in self._running.values():
            task.cancel()
        if self._interrupted or self._over is None or self._over.done():
            return
        self._interrupted = True
        self._todo.clear()
        with self._guard:
            self._append(Answer(ev.RunInterrupted(signal=signal)))
        self._end()

    def cancel(self) -> None:
        """Cancel the run as somebody at the terminal would."""
        self._asked = True
        self._tell(Answer(ev.CancelRequested()))

    async def run_graph(self, task: Task, inputs: Mapping[str, Any]) -> Any:
        """Run a step's child mission; called again after a resume it goes on with the children that are there."""
        self._attempts.set_inputs(task, inputs)
        closed = self._closed[task.path] = asyncio.get_running_loop().create_future()
        if task.child is None:
            event = ev.ChildrenAdded(path=task.path, nesting=ev.Nesting.GRAPH)
            self._tell(Answer(event, self._attempts.json(inputs)))
        if task.child is None:
            raise StepFailed(Failure.CANCELLED, "the run ended before the child mission began")
        if not task.child.over:
            await closed
        return self._graph_ended(task.child)

    def _graph_ended(self, scope: Scope) -> Any:
        if scope.status is Status.COMPLETED:
            return self._attempts.child_outputs(scope)
        if scope.expired:
            raise StepFailed(Failure.TIMEOUT, "the child mission's deadline passed")
        if scope.cancelled:
            raise StepFailed(Failure.CANCELLED, "it was stopped before it ended")
        first = next(t for t in scope.tasks if t.kind is scope.failed and not t.forgiven)
        message = f"step {first.plan.id!r} failed: {failure(first, self.history)[1]}"
        raise StepFailed(scope.failed or Failure.INTERNAL, message)

    # Events

    def _begin(self, first: Sequence[Answer]) -> None:
        """Tell the first events. They are written together: a run that took over half of another could not go on."""
        at = self._now()
        with self._guard:
            self._services.store.append_all([self._chain.seal(a.event, at, a.payload) for a in first])
            for answer in first:
                self._note(answer, at)
                self._todo.extend(self.machine.handle(answer.event, at))

    def _tell(self, answer: Answer, request: int = 0) -> None:
        """Append an event, let the machine judge it, and carry out what it says."""
        if self._interrupted:
            return
        with self._guard:
            at = self._append(answer, request)
            self._todo.extend(self.machine.handle(answer.event, at))
            if not self._turning:
                self._turn()

    def _append(self, answer: Answer, request: int = 0) -> int:
        at = self._now()
        row = self._chain.seal(answer.event, at, answer.payload)
        self._services.store.append(row, request=request)
        self._note(answer, at)
        return at

    def _note(self, answer: Answer, at: int) -> None:
        if awaited(answer.event, self.machine):
            self.history.add(answer.event, at, answer.payload)
            self._publisher.event(answer.event, at)

    def _end(self, error: BaseException | None = None) -> None:
        if self._over is not None and not self._over.done():
            if error is None:
                self._over.set_result(None)
            else:
                self._over.set_exception(error)

    async def _wind_up(self, poll: asyncio.Task[None]) -> None:
        told, self._interrupted = self._interrupted, True
        poll.cancel()
        for timer in self._timers:
            timer.cancel()
        left = list(self._running.values())
        for task in left if not told else ():  # told again, a thread would lose its grace
            task.cancel()
        if left:
            await asyncio.wait(left)
        await self._setup.background.end_all()

    # Instructions

    def _turn(self) -> None:
        """Carry out instructions; after some of them the event loop gets its turn."""
        self._turning = True
        with self._guard:
            for _ in range(TURN):
                if not self._todo:
                    break
                self._carry_out(self._todo.popleft())
        self._turning = bool(self._todo)
        if self._todo:
            asyncio.get_running_loop().call_soon(self._turn)

    def _carry_out(self, instruction: Instruction) -> None:
        match instruction:
            case Start(path):
                self._start(self.machine.tasks[path])
            case Stop(path):
                self._stop(path)
            case Ended(path):
                self._publisher.end(path)
            case Wake(path, at):
                self._later(at, Answer(ev.WaitElapsed(path=path)))
            case SetDeadline(scope, at):
                self._later(at, Answer(ev.DeadlinePassed(scope=scope, due=at)))
            case Close(path):
                self._close(path)
            case Await(paths):
                self._await(paths)
            case _:
                self._finish()

    def _later(self, at: int, answer: Answer) -> asyncio.TimerHandle:
        def fire() -> None:
            self._timers.discard(timer)
            self._tell(answer)

        seconds = max(0, at - self._now()) / 1000
        timer = asyncio.get_running_loop().call_later(seconds, fire)
        self._timers.add(timer)
        return timer

    def _close(self, path: str) -> None:
        closed = self._closed.pop(path, None)
        if closed is not None and not closed.done():
            closed.set_result(None)

    def _await(self, paths: Sequence[str]) -> None:
        """The run waits for a person, unless what it waited for has been decided meanwhile."""
        if all(self.machine.tasks[path].state is State.UNKNOWN for path in paths):
            self._end()

    def _finish(self) -> None:
        self._append(self._attempts.ended(self.machine.root))
        self._end()

    def _stop(self, path: str) -> None:
        task = self._running.get(path)
        if task is not None and not task.cancelling() and self.machine.tasks[path].child is None:
            task.cancel()

    # Attempts

    def _start(self, task: Task) -> None:
        """Begin an attempt; what is known of it at once is told at once."""
        began = self._monotonic()
        ready: Ready | None = None
        try:
            outcome = self._attempts.prepare(task)
            if isinstance(outcome, Ready) and outcome.type.instant:
                ready = outcome
                result = ready.type.run(ready.parameters, ready.context)
                judged = self._attempts.judged(task, result)
                blob = self._attempts.keep(judged.data)
                outcome = self._attempts.concluded(task, ready, judged, blob, self._since(began))
        except StorageFailed as error:
            self._end(error)
            return
        except Exception as error:  # noqa: BLE001 - every other failure of an attempt is an event
            outcome = self._attempts.failed(task, error, ready, self._since(began))
        if isinstance(outcome, Answer):
            self._tell(outcome)
        else:
            self._go_on(task, outcome)

    def _go_on(self, task: Task, ready: Ready) -> None:
        """Perform an attempt beside what else runs."""
        if ready.started is not None:
            self._tell(ready.started)
        running = asyncio.get_running_loop().create_task(self._perform(task, ready))
        self._running[task.path] = running
        running.add_done_callback(lambda done: self._performed(task, ready, done))

    def _performed(self, task: Task, ready: Ready, done: "asyncio.Task[None]") -> None:
        """See to what the attempt could not tell itself."""
        if done.cancelled():  # before the event loop came to it, so that nothing in it ran
            self._running.pop(task.path, None)
            self._tell(self._attempts.failed(task, asyncio.CancelledError(), ready, 0))
        elif (error := done.exception()) is not None:
            self._end(error)

    async def _perform(self, task: Task, ready: Ready) -> None:
        """An attempt that takes time: wait until its record is durable, run it, tell what came of it."""
        began = self._monotonic()
        try:
            if ready.started is not None:
                await self._services.store.durable(self._setup.lease)
                self._services.fault("step.before-effect")
            result = await self._limited(task, ready)
            self._services.fault("step.after-effect")
            judged = self._attempts.judged(task, result)
            large = len(judged.data) > INLINE
            blob = await ready.context.in_thread(self._attempts.keep, judged.data) if large else ""
            answer = self._attempts.concluded(task, ready, judged, blob, self._since(began))
        except StorageFailed as error:  # it says nothing of the step: the run stops here, and stays open
            self._end(error)
            return
        except (Exception, asyncio.CancelledError, Stopped) as error:  # noqa: BLE001 - every other failure of an attempt is an event
            if self._interrupted:
                return
            answer = self._attempts.failed(task, error, ready, self._since(began))
        finally:
            self._running.pop(task.path, None)
        self._tell(answer)

    async def _limited(self, task: Task, ready: Ready) -> Any:
        """Call the step's function within the step's deadline; that of a child mission is the machine's matter."""
        seconds = task.plan.step.timeout_seconds
        if seconds is None or task.plan.child is None:
            return await self._attempts.within(seconds, self._attempts.call(ready))
        at = self._now() + round(seconds * 1000)
        timer = self._later(at, Answer(ev.DeadlinePassed(scope=task.path)))
        try:
            return await self._attempts.call(ready)
        finally:
            timer.cancel()
            self._timers.discard(timer)

    def _since(self, began: float) -> int:
        return round((self._monotonic() - began) * 1000)

    # Requests

    async def _poll(self) -> None:
        with self._guard:
            while True:
                await asyncio.sleep(POLL_SECONDS)
                for request in self._services.store.requests(self._setup.lease.run_id):
                    self._answer(request)

    def _answer(self, request: Request) -> None:
        """Make an event of a request, once."""
        event = event_of(request)
        if event is not None and request.id not in self._seen:
            self._seen.add(request.id)
            self._tell(Answer(event, self._attempts.json(request.body)), request=request.id)


def event_of(request: Request) -> ev.Event | None:
    """The event that a request asks for; None where its kind, or what it says, is not known here."""
    if request.kind == "cancel":
        return ev.CancelRequested(request=request.id)
    if request.kind == "decide" and request.body.get("decision") in list(ev.Decision):
        decision = ev.Decision(request.body["decision"])
        return ev.OutcomeDecided(path=str(request.body.get("path")), decision=decision, request=request.id)
    return None


class _Guard:
    """Hands an exception of its block to `end`: storage that failed, or a bug; the run stops there and stays open."""

    def __init__(self, end: Callable[[BaseException], None]) -> None:
        self._end = end

    def __enter__(self) -> None:
        pass

    def __exit__(self, type: object, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, Exception):
            return False
        self._end(error)
        return True
