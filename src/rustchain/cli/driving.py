"""Drive a run from the command line: signals, display, result, exit code."""

import asyncio
import gc
import os
from collections.abc import Awaitable, Callable

from rustchain.app.reading import failures
from rustchain.app.run import Watch
from rustchain.app.wiring import Durability, Engine, open_engine
from rustchain.cli.display import Display, display_for
from rustchain.cli.display.closing import closing, outputs
from rustchain.cli.output import document, say
from rustchain.cli.session import Session
from rustchain.cli.signals import Signals
from rustchain.engine.runner import Runner
from rustchain.model.events import Status
from rustchain.model.failures import SUCCESS
from rustchain.model.run import MissionResult

Work = Callable[[Engine, Watch], Awaitable[MissionResult | None]]
"""Drives a run; None where another process does."""
YOUNG = 100_000
"""Objects made since the last look for garbage that call for the next one."""


def drive(session: Session, work: Work, durability: Durability = "full") -> int:
    """Drive a run to its end, to a wait, or to an interruption, and tell of it; the exit code."""
    display = display_for(session)
    driving = _Driving(session, display)
    slots = session.configuration.max_concurrent_steps

    async def main() -> MissionResult | None:
        async with open_engine(os.environ, durability, slots) as engine:
            try:
                result = await work(engine, Watch(display, driving.hold))
            finally:
                if display is not None:
                    display.close()
            if result is not None:
                driving.tell(engine, result, kept=durability != "memory")
            return result

    collect_seldom()
    result = asyncio.run(main())
    return SUCCESS.code if result is None else driving.exit_code(result)


def collect_seldom() -> None:
    """Suit the garbage collector to a run: what is loaded stays, and steps leave next to no cycles behind them."""
    gc.freeze()
    gc.set_threshold(YOUNG)


class _Driving:
    """One run that this process drives."""

    def __init__(self, session: Session, display: Display | None) -> None:
        self._session = session
        self._display = display
        self._signals = Signals()
        self._runner: Runner | None = None

    def hold(self, runner: Runner) -> None:
        """Take charge of a run that begins."""
        self._runner = runner
        self._signals.watch(runner)
        if self._display is not None:
            self._display.hold(runner)

    def tell(self, engine: Engine, result: MissionResult, *, kept: bool) -> None:
        """Show how it ended, and what to type next."""
        session, runner = self._session, self._runner
        if session.json and not session.events:
            document(result)
        if (session.json or session.events) and not session.terminal:
            return
        failed = []
        if runner is not None and result.status is Status.FAILED:
            failed = failures(engine.services.store, result.run_id, runner.machine, runner.history)
        say(closing(result, failed, kept=kept, colour=session.colour))
        if result.outputs and not session.quiet:
            say("\n".join(outputs(result)))

    def exit_code(self, result: MissionResult) -> int:
        """That of the run; that of the signal where the run is left open by one."""
        exit = self._signals.exit
        return exit.code if exit and result.status is Status.RUNNING else result.exit_code
