"""What people and programs see of a run while it goes on."""

from typing import Protocol

from rustchain.cli.session import Session
from rustchain.engine.runner import Runner
from rustchain.engine.services import Observer


class Display(Observer, Protocol):
    """Shows a run: told who drives it, then what happens; `close` ends what is shown on the way."""

    def hold(self, runner: Runner) -> None: ...
    def close(self) -> None: ...


def display_for(session: Session) -> Display | None:
    """What shows a run in this session; None where nothing is shown on the way, so that nothing is paid for it."""
    # each is imported when it is chosen: the tree needs rich, which costs 40 ms
    if session.events:
        from rustchain.cli.display.stream import Stream

        return Stream()
    if session.quiet or session.level == "error" or (session.json and not session.terminal):
        return None
    if session.terminal and session.level == "info":
        from rustchain.cli.display.tree import Tree

        return Tree(colour=session.colour)
    from rustchain.cli.display.lines import Lines

    return Lines(level=session.level, colour=session.colour)
