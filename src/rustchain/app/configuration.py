"""Configuration: the user's file, which a project's may only narrow."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct

from rustchain.logic.diagnostics import Suggestions
from rustchain.model.errors import InvalidUse
from rustchain.model.run import Durability

LogLevel = Literal["debug", "info", "warning", "error"]
STRICTNESS: tuple[Durability, ...] = ("memory", "normal", "full")
"""Durabilities, the strictest last."""
TEMPLATE = """\
# RustChain's configuration. What is commented out is the default.

# durability = "full"          # full, normal or memory: what of a run survives a power cut, a crash, nothing
# max_concurrent_steps = 8     # steps at once where a mission does not say; the default is CPU count + 4
"""
USER_TEMPLATE = f"""{TEMPLATE}# color = "auto"              # auto or never
# log_level = "info"          # debug, info, warning or error: how much is told while a mission runs
"""


class Project(Struct, frozen=True, kw_only=True):
    """What a project's `.rustchain/config.toml` may say."""

    durability: Durability = "memory"
    max_concurrent_steps: Annotated[int, Meta(ge=1)] | None = None


class Configuration(Struct, frozen=True, kw_only=True):
    """What holds for a call of the program. Without `max_concurrent_steps` it is CPU count + 4."""

    durability: Durability = "full"
    max_concurrent_steps: Annotated[int, Meta(ge=1)] | None = None
    color: Literal["auto", "never"] = "auto"
    log_level: LogLevel = "info"


class Sources(NamedTuple):
    """The files that are read, whether or not they are there."""

    user: Path
    project: Path


def sources(environ: Mapping[str, str], folder: str, given: str | None = None) -> Sources:
    """The user's file (`given`, else below the XDG configuration folder) and the one of the project in `folder`."""
    base = environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    user = Path(given) if given else Path(base, "rustchain", "config.toml")
    return Sources(user, Path(folder, ".rustchain", "config.toml"))


def configuration(environ: Mapping[str, str], folder: str, given: str | None = None) -> Configuration:
    """What holds in a folder. InvalidUse with every problem of both files; also where `given` is not there."""
    files = sources(environ, folder, given)
    if given and not files.user.is_file():
        raise InvalidUse(f"there is no configuration file {given}")
    user, problems = _read(files.user, Configuration)
    project, others = _read(files.project, Project)
    if problems or others:
        raise InvalidUse(
            "\n".join(problems + others), help="See `rustchain config init` for what may be written."
        )
    return narrowed(user, project)


def narrowed(user: Configuration, project: Project) -> Configuration:
    """The stricter of both in each respect."""
    limits = [n for n in (user.max_concurrent_steps, project.max_concurrent_steps) if n is not None]
    return msgspec.structs.replace(
        user,
        durability=max(user.durability, project.durability, key=STRICTNESS.index),
        max_concurrent_steps=min(limits, default=None),
    )


def write_template(file: Path, text: str) -> bool:
    """Write a file of comments; False where there is one already, which is left alone."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(file, "x", encoding="utf-8") as new:
            new.write(text)
    except FileExistsError:
        return False
    return True


def _read(file: Path, model: type[Any]) -> tuple[Any, list[str]]:
    """The values of a file, defaults where it is not there, and what is wrong with it."""
    try:
        text = file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return model(), []
    except OSError as error:
        return model(), [f"{file} cannot be read: {error.strerror}"]
    import tomllib  # costs 5 ms, and most have no file

    try:
        found = tomllib.loads(text.decode())
    except ValueError as error:
        return model(), [f"{file}: {error}"]
    return _typed(file, found, model)


def _typed(file: Path, found: Mapping[str, Any], model: type[Any]) -> tuple[Any, list[str]]:
    fields = {field.name: field.type for field in msgspec.structs.fields(model)}
    suggestions, problems, values = Suggestions(), [], {}
    for key, value in found.items():
        if key not in fields:
            meant = suggestions.closest(key, fields)
            problems.append(f"{file}: unknown key {key!r}" + (f"; did you mean {meant!r}?" if meant else ""))
            continue
        try:
            values[key] = msgspec.convert(value, fields[key])
        except msgspec.ValidationError as error:
            problems.append(f"{file}: {key}: {error}")
    return model(**values), problems
