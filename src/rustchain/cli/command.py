"""How a command is declared: click's command with the options that all commands take."""

from collections.abc import Callable
from functools import partial
from typing import Any

import click

from rustchain.cli.session import Session

LOG_LEVELS = ("debug", "info", "warning", "error")


def _note(ctx: click.Context, option: click.Parameter, value: Any) -> None:
    ctx.ensure_object(Session).note(str(option.name), value)


def _common(*names: str, **settings: Any) -> click.Option:
    return click.Option(names, expose_value=False, callback=_note, **settings)


def common_options() -> list[click.Parameter]:
    """Options that stand before or after any command."""
    return [
        _common("--json", is_flag=True, help="Print one JSON document on stdout."),
        _common("--quiet", "-q", is_flag=True, help="Tell only how it ended."),
        _common("--no-color", is_flag=True, help="Use no colours."),
        _common("--config", metavar="FILE", help="The user's configuration file."),
        _common("--log-level", type=click.Choice(LOG_LEVELS), help="How much is told on the way."),
    ]


class Command(click.Command):
    """A command with the common options."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.params += common_options()


declare = partial(click.command, cls=Command)
"""Declares the `command` of a module; the function's documentation is its help."""

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def events_option() -> Decorator:
    """`--events`, for commands that drive a run."""
    help = "Print the events as they come, one JSON object a line on stdout."
    return click.option("--events", is_flag=True, expose_value=False, callback=_note, help=help)
