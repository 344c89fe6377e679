"""What a run reads from outside before it starts: secrets, environment variables, and what must be masked."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple

from rustchain.app.wiring import Engine
from rustchain.engine.inputs import secret_texts
from rustchain.logic.redaction import Redactor
from rustchain.model.errors import InvalidUse, MissingSecret
from rustchain.model.plan import Plan, with_children
from rustchain.model.secrecy import hidden, is_text

Named = tuple[tuple[str, str], ...]
"""Names with the values of secrets; a name may come up again, as missions of one run may use it for different ones."""


class Values(NamedTuple):
    """
    Values read for a run; `secrets` are by reference, such as `env:PG_URL`.

    `declared` are the secrets and secret inputs, by name; `implied` what is masked besides: what secret lists and objects
    hold, and environment variables whose names tell of a secret.
    """

    env: Mapping[str, str]
    secrets: Mapping[str, str]
    redactor: Redactor
    declared: Named
    implied: Named


def gather(
    engine: Engine, plan: Plan, inputs: Mapping[str, Any], recorded: Mapping[str, str] | None = None
) -> Values:
    """
    Read the secrets that the mission and its child missions declare, and the variables that they name.

    A run that goes on has the variables that were `recorded` when it started, and reads secret ones again. MissingSecret
    where one cannot be read or is too short to be masked, InvalidUse where a variable is no text.
    """
    plans = [each for each, _ in with_children(plan)]
    places = dict.fromkeys((name, s.from_) for p in plans for name, s in p.mission.secrets.items())
    secrets = {place: engine.services.secrets.read(place) for _, place in places}
    named = _variables(engine, plan)
    env = named if recorded is None else {**_secret_ones(named), **recorded}
    _check_given(plan, inputs)
    single = {n: v for n, v in inputs.items() if not isinstance(v, list | dict)}
    several = {n: v for n, v in inputs.items() if n not in single}
    declared = [(name, secrets[place]) for name, place in places] + list(
        secret_texts(plan.mission.inputs, single)
    )
    implied = [(f"env.{n}", part) for n, v in env.items() if (part := hidden(n, v)) is not None]
    implied += secret_texts(plan.mission.inputs, several)
    redactor = Redactor({})
    redactor.add([*declared, *implied, *_secret_defaults(plans[1:])])
    return Values(env, secrets, redactor, tuple(declared), tuple(implied))


def in_files(plan: Plan, values: Values) -> dict[str, str]:
    """Of the secrets, those that some expression reads as a file."""
    places = set()
    for each, _ in with_children(plan):
        holes = chain(each.connections, *((*step.holes, *step.env) for step in each.steps))
        for expression in (e for hole in holes for e in hole.template.expressions):
            places |= {
                each.mission.secrets[str(ref.path[0])].from_
                for ref in expression.references
                if ref.root == "secrets" and ref.path[1:] == ("path",)
            }
    return {place: values.secrets[place] for place in sorted(places)}


def _variables(engine: Engine, plan: Plan) -> dict[str, str]:
    named = {n: engine.environ[n] for n in plan.env_names if n in engine.environ}
    for name, value in named.items():
        if not is_text(value):
            raise InvalidUse(f"the environment variable {name} is not UTF-8 text")
    return named


def _secret_ones(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if hidden(name, value) is not None}


def secret_input_names(plan: Plan) -> list[str]:
    """Inputs that are never stored."""
    return [name for name, spec in plan.mission.inputs.items() if spec.secret]


def _check_given(plan: Plan, inputs: Mapping[str, Any]) -> None:
    for name in secret_input_names(plan):
        if name not in inputs:
            raise MissingSecret(
                f"the secret input {name!r} is not stored and must be given again", help=f"-i {name}=…"
            )


def _secret_defaults(children: list[Plan]) -> Iterator[tuple[str, str]]:
    for child in children:
        declared = child.mission.inputs
        yield from secret_texts(
            declared, {name: spec.default for name, spec in declared.items() if spec.default}
        )
