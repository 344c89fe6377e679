"""Reports of bugs: the traceback in a file of the state folder, never on the terminal."""

import os
import platform
import tempfile
import time
import traceback
from pathlib import Path

from rustchain._version import VERSION
from rustchain.app.wiring import state_home
from rustchain.model.secrecy import hidden


def write_report(error: BaseException) -> str:
    """Write the report of an error, without the secrets of the environment; a sentence that says where it is."""
    text = f"RustChain {VERSION}, Python {platform.python_version()}, {platform.platform()}\n\n"
    text += _masked("".join(traceback.format_exception(error)))
    name = f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    for folder in (state_home(os.environ) / "reports", Path(tempfile.gettempdir())):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return f"please report it, with what {_written(folder / name, text)} says"
        except OSError:  # the state folder may be the very thing that is broken
            continue
    return f"please report it; the report could not be written: {type(error).__name__}"


def _written(path: Path, text: str) -> Path:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    return path


def _masked(text: str) -> str:
    secrets = {name: part for name, value in os.environ.items() if (part := hidden(name, value))}
    for name, secret in sorted(secrets.items(), key=lambda item: -len(item[1])):
        text = text.replace(secret, f"<env.{name}>")
    return text
