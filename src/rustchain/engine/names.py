"""The names that expressions read: steps, inputs, variables and the rest, for one graph of a run."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from rustchain.engine.history import Fact, History
from rustchain.engine.reasons import failure
from rustchain.engine.services import RunSetup
from rustchain.engine.states import State
from rustchain.engine.tasks import Scope, Task
from rustchain.logic import expressions
from rustchain.model.expression import Reference, Template
from rustchain.model.mission import Mission, MissionConfig
from rustchain.model.secrecy import looks_secret

_decode = msgspec.json.Decoder().decode
STATUS = {
    State.SUCCEEDED: "Success",
    State.FAILED: "Failed",
    State.SKIPPED: "Skipped",
    State.DROPPED: "Skipped",
}
"""How a task's end is called in results and expressions."""


class Names:
    """
    Resolves the roots of expressions in one graph. `inputs` are the graph's; only the mission itself sees
    variables given from outside. Outputs are read when they are referred to.
    """

    def __init__(
        self,
        setup: RunSetup,
        history: History,
        scope: Scope,
        inputs: Mapping[str, Any],
        blob: Callable[[str], bytes],
    ) -> None:
        self._setup = setup
        self._history = history
        self._scope = scope
        self._inputs = inputs
        self._blob = blob
        mission = scope.plan.mission
        self._variables = {**mission.variables, **({} if scope.owner else setup.origin.variables)}
        self._by_id = {task.plan.id: task for task in scope.tasks}

    def render(self, template: Template, local: Mapping[str, Any] | None = None) -> Any:
        """The value of a template; EvaluationFailed where a name is missing."""
        keep = self._scope.plan.mission.config.undefined == "keep"
        return expressions.render(template, self._values(template, local or {}), keep=keep)

    def secret(self, template: Template) -> bool:
        """Whether a template reads a secret, so that its value must not be shown."""
        return any(self._is_secret(ref) for e in template.expressions for ref in e.references)

    def _is_secret(self, ref: Reference) -> bool:
        first = str(ref.path[0]) if ref.path else ""
        if ref.root == "inputs":
            spec = self._scope.plan.mission.inputs.get(first)
            return spec is not None and spec.secret
        return ref.root == "secrets" or (ref.root == "env" and looks_secret(first))

    def _values(self, template: Template, local: Mapping[str, Any]) -> Mapping[str, Any]:
        references = [ref for e in template.expressions for ref in e.references]
        found = {ref.root: self._root(ref.root, references) for ref in references if ref.root not in local}
        return {**{k: v for k, v in found.items() if v is not _MISSING}, **local}

    def _root(self, name: str, references: Iterable[Reference]) -> Any:
        if (task := self._by_id.get(name)) is not None:
            return self._view(task)
        if name == "steps":
            wanted = {str(ref.path[0]) for ref in references if ref.root == "steps" and ref.path}
            return {id: self._view(self._by_id[id]) for id in wanted if id in self._by_id}
        if (reader := _READERS.get(name)) is not None:
            return reader(self, references)
        return self._variables.get(name, _MISSING)

    def _view(self, task: Task) -> dict[str, Any]:
        """What an expression sees of a step."""
        fact = self._history.facts.get(task.path, _NOTHING)
        seen: dict[str, Any] = {
            "status": STATUS.get(task.state),
            "output": self.output(task),
            "error": failure(task, self._history)[1],
            "duration_ms": fact.ms,
            "attempts": fact.attempts,
        }
        if task.items is not None:
            seen["items"] = self.items(task)
        return seen

    def output(self, task: Task) -> Any:
        """A task's output; of a foreach the list in item order, null where an item has none."""
        if task.items is not None:
            given = [self.output(i) if i.state is State.SUCCEEDED else None for i in task.items.tasks]
            return given + [None] * (task.items.count - len(given))
        if task.state in (State.SKIPPED, State.DROPPED):
            fact = self._history.facts.get(task.path)
            return None if fact is None or not fact.inherited else self.value(fact)
        return self.value(self._history.facts.get(task.path, _NOTHING))

    def value(self, fact: Fact) -> Any:
        """The output of a fact, read from its blob where it is one."""
        data = self._blob(fact.blob) if fact.blob else fact.output
        return None if data is None else _decode(data)

    def items(self, task: Task) -> list[dict[str, Any]]:
        """Every item of a foreach: what it was, how it ended, what it gave."""
        listed = self._history.fact(task.path).items
        values = _decode(listed) if listed else []
        return [self._item(task, index, value) for index, value in enumerate(values)]

    def _item(self, task: Task, index: int, value: Any) -> dict[str, Any]:
        started = task.items.tasks if task.items is not None else []
        item = started[index] if index < len(started) else None
        return {
            "item": value,
            "index": index,
            "status": STATUS.get(item.state) if item else "Skipped",
            "output": self.output(item) if item else None,
            "error": failure(item, self._history)[1] if item else None,
        }

    def _run(self, _: Iterable[Reference]) -> dict[str, Any]:
        ended = [t for t in self._scope.tasks[: self._scope.plan.main] if t.state is State.FAILED]
        failed = [{"step": t.plan.id, "error": failure(t, self._history)[1]} for t in ended]
        unforgiven = any(not t.forgiven for t in ended) or self._scope.expired
        status = "Cancelled" if self._scope.cancelled else "Failed" if unforgiven else "Completed"
        return {
            "id": self._setup.lease.run_id,
            "status": status if self._scope.tidying else "Running",
            "failed": failed,
        }

    def _secrets(self, references: Iterable[Reference]) -> dict[str, Any]:
        named = {str(ref.path[0]): ref.path[1:] for ref in references if ref.root == "secrets" and ref.path}
        places = {name: self._scope.plan.mission.secrets[name].from_ for name in named}
        files, values = self._setup.secret_files, self._setup.secrets
        return {n: {"path": files[p]} if named[n] == ("path",) else values[p] for n, p in places.items()}


def mission_view(mission: Mission) -> dict[str, Any]:
    """What an expression sees of the mission."""
    return {"name": mission.name, "description": mission.description, "version": mission.version}


def config_view(config: MissionConfig) -> dict[str, Any]:
    """What an expression sees of the configuration: every key, defaults too, and its settings beside them."""
    known = {name: msgspec.to_builtins(getattr(config, name)) for name in config.__struct_fields__}
    return {**known, **config.settings}


_MISSING = object()
_NOTHING = Fact()
_READERS: Mapping[str, Callable[[Names, Iterable[Reference]], Any]] = {
    "env": lambda n, _: dict(n._setup.env),
    "context": lambda n, _: n._variables,
    "inputs": lambda n, _: dict(n._inputs),
    "config": lambda n, _: config_view(n._scope.plan.mission.config),
    "mission": lambda n, _: mission_view(n._scope.plan.mission),
    "run": Names._run,
    "timestamp": lambda n, _: n._setup.origin.timestamp,
    "secrets": Names._secrets,
}
