"""Ctrl-C and SIGTERM while a run is driven: once cancels, twice kills; SIGTERM interrupts."""

import asyncio
import signal

from rustchain.cli.output import say
from rustchain.engine.runner import Runner
from rustchain.model.failures import INTERRUPTED, TERMINATED, Exit


class Signals:
    """Hands signals to the run that is driven; `exit` is the exit code of an interruption."""

    def __init__(self) -> None:
        self.exit: Exit | None = None
        self._cancelled = False

    def watch(self, runner: Runner) -> None:
        """Hand signals to this run from now on."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self._on_interrupt, runner)
        loop.add_signal_handler(signal.SIGTERM, self._stop, runner, signal.SIGTERM, TERMINATED)
        if (
            signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
        ):  # nohup says that a lost terminal is no reason
            loop.add_signal_handler(signal.SIGHUP, self._stop, runner, signal.SIGHUP, TERMINATED)

    def _on_interrupt(self, runner: Runner) -> None:
        if self._cancelled:
            self._stop(runner, signal.SIGINT, INTERRUPTED)
            return
        self._cancelled = True
        say("cancelling; Ctrl-C again kills what runs and leaves the run for resume")
        runner.cancel()

    def _stop(self, runner: Runner, number: signal.Signals, exit: Exit) -> None:
        self.exit = self.exit or exit
        runner.interrupt(number)
