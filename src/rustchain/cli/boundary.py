"""The one place where errors become messages and exit codes."""

import errno
import os
import sys
from typing import Any

import click

from rustchain.cli.groups import program
from rustchain.cli.output import document, emit, say, stop_writing
from rustchain.cli.paint import paint
from rustchain.cli.problems import documents, rendered
from rustchain.cli.session import Session
from rustchain.model.errors import InvalidMission, RustChainError
from rustchain.model.failures import INTERNAL, INTERRUPTED, INVALID, STORAGE, SUCCESS, Exit

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def run(arguments: list[str]) -> int:
    """Run a command; its exit code. Nothing that it raises leaves here."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # whoever called has closed it
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - for as long as we live
    session, out = Session(), sys.stdout
    session.json = "--json" in arguments  # known although what follows may not even be read
    try:
        code = program().main(arguments, "rustchain", standalone_mode=False, obj=session)
        sys.stdout.flush()
        return int(code or 0)
    except SystemExit:
        if sys.stdout is out:
            raise
        return SUCCESS.code  # click has put a wrapper there because the reader of its help has gone
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - this is where every error ends
        return _ended(error, session)


def _ended(error: BaseException, session: Session) -> int:
    """Tell of an error; its exit code."""
    match error:
        case BrokenPipeError():
            stop_writing(sys.stdout)
            return SUCCESS.code
        case KeyboardInterrupt() | click.Abort():
            say("interrupted")
            return INTERRUPTED.code
        case click.exceptions.Exit():
            return error.exit_code
        case click.ClickException():
            return _misused(error, session)
        case RustChainError():
            return _told(error, session)
        case _:
            return _unexpected(error, session)


def _misused(error: click.ClickException, session: Session) -> int:
    """A command line that means nothing: click's own message. Where a group has no command named, its help."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        emit(error.format_message())
        return INVALID.code
    error.show()
    return _documented(session, INVALID, error.format_message())


def _told(error: RustChainError, session: Session) -> int:
    """An error meant for the user."""
    if isinstance(error, InvalidMission):
        say(rendered(error.problems, colour=session.colour))
        return _documented(session, error.exit, error.message, problems=documents(error.problems))
    say(f"{paint('error', 'red', session.colour)}: {error.message}")
    if error.help:
        say(f" = help: {error.help}")
    return _documented(session, error.exit, error.message, help=error.help)


def _unexpected(error: BaseException, session: Session) -> int:
    """A full disk where nobody expected it, or a bug of ours, of which a report is written."""
    if (isinstance(error, OSError) and error.errno in FULL) or type(error).__module__ == "sqlite3":
        say(f"{paint('error', 'red', session.colour)}: the state folder or a disk cannot be used: {error}")
        return _documented(session, STORAGE, str(error))
    from rustchain.cli.report import write_report  # only for bugs

    said = f"a bug in RustChain: {type(error).__name__}"
    say(f"{paint('error', 'red', session.colour)}: {said}\n = help: {write_report(error)}")
    return _documented(session, INTERNAL, said)


def _documented(session: Session, exit: Exit, message: str, **more: Any) -> int:
    """The error as a document, where one is asked for; the exit code."""
    if session.json:
        document({"error": {"message": message, "exit_code": exit.code, "meaning": exit.meaning, **more}})
    return exit.code
