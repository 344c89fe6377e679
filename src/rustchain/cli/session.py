"""What holds for a whole call of the program: the options that every command takes, and the user's configuration."""

import os
import sys
from typing import Any

from rustchain.app.configuration import Configuration, LogLevel, configuration
from rustchain.model.errors import RustChainError


class Session:
    """The common options, as far as they were given, and what follows from them."""

    def __init__(self) -> None:
        self.json = False
        self.events = False
        self.quiet = False
        self.no_color = False
        self.config: str | None = None
        self.log_level: LogLevel | None = None
        self._configuration: Configuration | None = None

    @property
    def configuration(self) -> Configuration:
        """The user's configuration, narrowed by the project's; InvalidUse where one of the two is wrong."""
        if self._configuration is None:
            self._configuration = configuration(os.environ, os.getcwd(), self.config)
        return self._configuration

    @property
    def colour(self) -> bool:
        """Whether messages on stderr are coloured (https://no-color.org)."""
        if self.no_color or os.environ.get("NO_COLOR") or not self.terminal:
            return False
        try:
            return self.configuration.color == "auto"
        except RustChainError:  # what is wrong with the configuration is told elsewhere, perhaps just now
            return True

    @property
    def terminal(self) -> bool:
        """Whether a person watches stderr on a terminal that can move its cursor."""
        wanted = not os.environ.get("CI") and os.environ.get("TERM") != "dumb"
        return wanted and sys.stderr.isatty()

    @property
    def level(self) -> LogLevel:
        """How much is told on stderr while a run goes on."""
        return self.log_level or self.configuration.log_level

    def note(self, name: str, value: Any) -> None:
        """Take a common option over; one that was not given changes nothing."""
        if value:
            setattr(self, name, value)
