"""What of this machine can be used: Python, the state folder, packages and programs that steps need."""

import platform
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from msgspec import Struct

from rustchain.adapters.store.audit import verify_store
from rustchain.adapters.store.sqlite import SqliteStore
from rustchain.app.requirements import install_line, is_there
from rustchain.app.wiring import open_store, state_home
from rustchain.model.errors import StorageFailed
from rustchain.stepkit import Requirement, StepType


class Finding(Struct, frozen=True):
    """One thing looked at: `ok`, `missing` (some steps cannot run), or `wrong` (nothing can)."""

    state: Literal["ok", "missing", "wrong"]
    subject: str
    detail: str
    help: str = ""


def examine(environ: Mapping[str, str], catalogue: Mapping[str, StepType[Any]]) -> list[Finding]:
    """Look at everything that steps can use."""
    return [
        Finding("ok", "python", f"{platform.python_version()} ({sys.executable})"),
        Finding("ok", "sqlite", sqlite3.sqlite_version),
        *check_state(environ),
        *_needs(catalogue),
    ]


def check_state(environ: Mapping[str, str]) -> list[Finding]:
    """Whether the state folder can be written, and its journal is healthy."""
    home = state_home(environ)
    try:
        damage = _damage(environ)
        with tempfile.NamedTemporaryFile(dir=home):
            pass
    except StorageFailed as error:
        return [Finding("wrong", "state folder", error.message, error.help or "")]
    except OSError as error:
        return [
            Finding("wrong", "state folder", f"{home}: {error.strerror}", "choose another: RUSTCHAIN_HOME")
        ]
    journal = [Finding("wrong", "journal", text, "see `rustchain audit verify`") for text in damage]
    return [Finding("ok", "state folder", str(home)), *(journal or [Finding("ok", "journal", "healthy")])]


def verify_journal(environ: Mapping[str, str]) -> dict[str, list[str]]:
    """What is wrong with the journal by run, and under "" as a whole; empty lists where nothing is."""
    store = open_store(environ)
    try:
        return verify_store(store) if isinstance(store, SqliteStore) else {}
    finally:
        store.close()


def _damage(environ: Mapping[str, str]) -> list[str]:
    store = open_store(environ)
    try:
        return store.damage() if isinstance(store, SqliteStore) else []
    finally:
        store.close()


def _needs(catalogue: Mapping[str, StepType[Any]]) -> Iterator[Finding]:
    """Packages and programs, each with the step types that need it."""
    users: dict[Requirement, list[str]] = {}
    for name, step_type in catalogue.items():
        for need in step_type.needs:
            users.setdefault(need, []).append(name)
    for need, names in sorted(users.items()):
        subject = f"program {need.program}" if need.program else f"package {need.package}"
        detail = f"for {', '.join(names)}"
        yield (
            Finding("ok", subject, detail)
            if is_there(need)
            else Finding("missing", subject, detail, install_line(need))
        )
