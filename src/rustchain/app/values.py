"""What a run reads from outside before it starts: secrets, environment variables, and what must be masked."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from rustchain.app.wiring import Engine
from rustchain.logic.redaction import Redactor
from rustchain.model.errors import MissingSecret
from rustchain.model.plan import Plan, with_children
from rustchain.model.secrecy import hidden


class Values(NamedTuple):
    """Values read for a run; `secrets` and `files` are by reference, such as `env:PG_URL`."""

    env: Mapping[str, str]
    secrets: Mapping[str, str]
    files: Mapping[str, str]
    redactor: Redactor


@contextmanager
def gather(
    engine: Engine, plan: Plan, inputs: Mapping[str, Any], recorded: Mapping[str, str] | None = None
) -> Iterator[Values]:
    """
    Read the secrets that the mission and its child missions declare, and the variables that they name.

    A run that goes on has the variables that were `recorded` when it started, and reads secret ones again. Secrets lie in private files as well while
    the block lasts. MissingSecret where one cannot be read.
    """
    plans = [each for each, _ in with_children(plan)]
    declared = {s.from_: name for p in plans for name, s in p.mission.secrets.items()}
    secrets = {reference: engine.services.secrets.read(reference) for reference in declared}
    named = {n: engine.environ[n] for n in plan.env_names if n in engine.environ}
    env = named if recorded is None else {**_secret_ones(named), **recorded}
    masked = {name: secrets[reference] for reference, name in declared.items()}
    masked |= {f"env.{n}": part for n, value in env.items() if (part := hidden(n, value)) is not None}
    masked |= {f"inputs.{n}": text for n, text in _secret_inputs(plan, inputs) if text}
    with _in_files(secrets) as files:
        yield Values(env, secrets, files, Redactor(masked))


def _secret_ones(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if hidden(name, value) is not None}


def secret_input_names(plan: Plan) -> list[str]:
    """Inputs that are never stored."""
    return [name for name, spec in plan.mission.inputs.items() if spec.secret]


def _secret_inputs(plan: Plan, inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in secret_input_names(plan):
        if name not in inputs:
            raise MissingSecret(
                f"the secret input {name!r} is not stored and must be given again", help=f"-i {name}=…"
            )
        value = inputs[name]
        yield name, value if isinstance(value, str) else msgspec.json.encode(value).decode()


@contextmanager
def _in_files(secrets: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """Private files with the values, as long as the block lasts."""
    if not secrets:
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="rustchain-secrets-") as folder:
        yield {ref: _private(Path(folder, str(i)), value) for i, (ref, value) in enumerate(secrets.items())}


def _private(path: Path, value: str) -> str:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(value)
    return str(path)
