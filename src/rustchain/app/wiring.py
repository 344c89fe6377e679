"""The only place that builds adapters and hands them to the engine."""

import asyncio
import os
import random
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import quote

from rustchain.adapters.clock import SystemClock
from rustchain.adapters.faults import Faults
from rustchain.adapters.files import LocalFiles
from rustchain.adapters.http import AiohttpClient
from rustchain.adapters.logs import LogFile
from rustchain.adapters.secrets import LocalSecrets
from rustchain.adapters.shell import LocalShell
from rustchain.adapters.store.memory import MemoryStore
from rustchain.adapters.store.sqlite import SqliteStore
from rustchain.app.configuration import sources
from rustchain.catalogue import Catalogue
from rustchain.engine.services import Services
from rustchain.model.run import Durability as Durability
from rustchain.ports import Files, Store

PASSED_ON = frozenset({
    "CI", "COLUMNS", "HOME", "LANG", "LANGUAGE", "LINES", "LOGNAME", "NO_COLOR", "PATH", "SHELL", "SSL_CERT_DIR",
    "SSL_CERT_FILE", "TERM", "TMPDIR", "TZ", "USER", "VIRTUAL_ENV",
})  # fmt: skip
"""Environment variables that every step's process gets, besides those that begin with `LC_`."""


@dataclass(frozen=True, slots=True)
class Engine:
    """The parts of an engine process, open."""

    services: Services
    catalogue: Catalogue
    home: Path
    environ: Mapping[str, str]
    _starting: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def turn(self) -> None:
        """Wait for one's turn: of many runs that start at once, one starts each time that the event loop goes round."""
        async with self._starting:
            await asyncio.sleep(0)


def state_home(environ: Mapping[str, str]) -> Path:
    """The state folder: RUSTCHAIN_HOME, else the user's (XDG base directories)."""
    if given := environ.get("RUSTCHAIN_HOME"):
        return Path(given).absolute()
    base = environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return Path(base, "rustchain")


def open_store(environ: Mapping[str, str], durability: Durability = "full") -> Store:
    """The journal, for reading and asking."""
    if durability == "memory":
        return MemoryStore()
    return SqliteStore.open(state_home(environ), durability, Faults.from_env(environ))


@asynccontextmanager
async def open_engine(
    environ: Mapping[str, str], durability: Durability = "full", slots: int | None = None
) -> AsyncIterator[Engine]:
    """An engine on the running event loop, closed at the block's end; `slots`: steps at once where a mission is silent."""
    home = state_home(environ)
    store = open_store(environ, durability)
    shell, http = LocalShell(), AiohttpClient()
    try:
        services = Services(
            store=store,
            clock=SystemClock(),
            shell=shell,
            http=http,
            secrets=LocalSecrets(environ),
            files=partial(_files, home, environ),
            log=LogFile,
            dice=partial(random.randrange, 1000),
            fault=Faults.from_env(environ),
            environ={k: v for k, v in environ.items() if k in PASSED_ON or k.startswith("LC_")},
            slots=slots or (os.cpu_count() or 1) + 4,
        )
        yield Engine(services, Catalogue(), home, environ)
    finally:
        await http.close()
        await shell.close()
        store.close()


def _files(
    home: Path, environ: Mapping[str, str], workdir: str, run_id: str, path: str, check: Callable[[], None]
) -> Files:
    configured = sources(environ, workdir)
    return LocalFiles(
        Path(workdir),
        allowed=[Path(tempfile.gettempdir())],
        forbidden=[home, configured.user.parent, configured.project.parent],
        trash=home / "trash" / run_id / quote(path, safe="[]~@"),
        check=check,
    )
