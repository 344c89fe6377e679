"""Runs of the mission of fifty steps that die and are resumed, and what must hold of them all the same."""

import random
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from harness import fifty, warm
from harness.program import Done
from rustchain.adapters.store.audit import verify_store
from rustchain.adapters.store.sqlite import SqliteStore
from rustchain.logic import chain
from rustchain.model import events as ev
from rustchain.model.events import Event, Row
from rustchain.model.failures import STORAGE, TERMINATED, WAITING
from rustchain.model.paths import idempotency_key, in_round

DEATHS = (-signal.SIGKILL, -signal.SIGTERM, TERMINATED.code, STORAGE.code)
"""Exit codes of an engine that died, was stopped, or gave up in mid-run."""
Tally = Callable[..., None]
"""Adds to the counts that are told at the end, by their names."""
ENDINGS = (ev.StepSucceeded, ev.StepSkipped, ev.RoundEnded)


class Point(NamedTuple):
    """The n-th pass of a fault point."""

    name: str
    count: int

    @property
    def fatal(self) -> str:
        """The wish to be killed there."""
        return f"{self.name}:{self.count}:kill9"


class Journal(NamedTuple):
    """What the journal says of the only run of a folder that has begun; `run_id` is "" where none has."""

    run_id: str
    rows: list[Row]
    events: list[Event]

    @property
    def resumes(self) -> int:
        """How often the run was taken over."""
        return sum(isinstance(event, ev.RunResumed) for event in self.events)

    def told(self, *kinds: type[Event]) -> list[tuple[str, Any]]:
        """The events of these kinds that are about a piece of work, each after the path of that, its round included."""
        rounds: Counter[str] = Counter()
        told = []
        for event in self.events:
            if isinstance(event, kinds):
                told.append((in_round(event.path, rounds[event.path] + 1), event))
            if isinstance(event, ev.RoundEnded):
                rounds[event.path] += 1
        return told


def read(folder: Path) -> Journal:
    """Read the journal of a folder from a copy, so that the next process finds what the last one left. It must be sound."""
    with _copied(folder) as store:
        findings = verify_store(store)
        assert not any(findings.values()), findings
        runs = {run_id: rows for run_id in store.run_ids() if (rows := list(store.rows(run_id)))}
        assert len(runs) <= 1, runs.keys()
        run_id, rows = next(iter(runs.items()), ("", []))
        return Journal(run_id, rows, [chain.read(row) for row in rows])


@contextmanager
def _copied(folder: Path) -> Iterator[SqliteStore]:
    home = folder / ".state"
    with TemporaryDirectory(dir=folder) as copy:
        for name in ("rustchain.db", "rustchain.db-wal"):
            if (home / name).exists():
                shutil.copy(home / name, copy)
        if (home / "blobs").exists():
            shutil.copytree(home / "blobs", Path(copy, "blobs"))
        store = SqliteStore.open(Path(copy), "normal")
        try:
            yield store
        finally:
            store.close()


class Notes(NamedTuple):
    """What the steps of a run noted: which path began under which engine, in order."""

    begun: list[tuple[str, str]]

    @property
    def starts(self) -> Counter[str]:
        """How often each path began."""
        return Counter(path for _, path in self.begun)

    @property
    def engines(self) -> list[str]:
        """The engines in the order in which their steps began; one that comes back is there twice."""
        found: list[str] = []
        for engine, _ in self.begun:
            if found[-1:] != [engine]:
                found.append(engine)
        return found


def notes(folder: Path) -> Notes:
    """Read what the steps noted."""
    lines = (folder / "log").read_text().splitlines()
    return Notes([(line.split()[0], line.split()[1]) for line in lines])


class Ordeal:
    """One run of the mission: driven, killed and resumed until it has ended, watched for whatever must never happen."""

    def __init__(self, folder: Path, seed: int, *, warm: bool = True) -> None:
        folder.mkdir(parents=True)
        fifty.write(folder, seed)
        self.folder = folder
        self.deaths = 0
        self.decided = 0
        self._seed = seed
        self._warm = warm
        self._again: Counter[str] = Counter()
        self._chance = random.Random(repr((seed, folder.name)))

    def start(self, *args: str, **env: str) -> warm.Call:
        """Start the program here."""
        return warm.start(self.folder, *args, "--json", warm=self._warm, TORTURE_TOKEN=fifty.TOKEN, **env)

    def run(self, **env: str) -> Done:
        """Run the mission; how the process ended."""
        return self.start("run", "m.json", **env).wait()

    def points(self) -> list[Point]:
        """Run the mission undisturbed; the fault points that were passed."""
        log = self.folder / "faults"
        done = self.run(RUSTCHAIN_FAULT_LOG=str(log))
        assert done.code == 0, done
        lines = (line.split() for line in log.read_text().splitlines())
        return sorted(Point(name, int(count)) for name, count in lines)

    def finish(self, done: Done, fault: str = "") -> Mapping[str, Any]:
        """
        Resume until the run has ended, and judge all of it; its result document.

        `done` is how its first process ended; `fault` is for the first resume.
        """
        while done.code != 0:
            if done.code in DEATHS:
                done = self._after_death(done, fault)
            else:
                assert done.code == WAITING.code, done
                done = self._resume(*self._decisions(done.json["waiting_for"]), fault=fault)
            fault = ""
        self._judge(done)
        return done.json

    def _after_death(self, done: Done, fault: str) -> Done:
        """Judge what a dead engine left, and go on."""
        self.deaths += 1
        assert self.deaths < 10, f"it does not go on: {done}"
        journal, noted = read(self.folder), notes(self.folder)
        unrecorded = noted.starts.keys() - dict(journal.told(ev.StepStarted)).keys()
        assert not unrecorded, f"effects without a record: {unrecorded}"
        if not journal.run_id:
            return self.run()
        completed = {path: noted.starts[path] for path, _ in journal.told(*ENDINGS)}
        done = self._resume(fault=fault)
        after = notes(self.folder).starts
        again = {path for path, starts in completed.items() if after[path] != starts}
        assert not again, f"completed, and begun again: {again}"
        return done

    def _resume(self, *args: str, fault: str = "") -> Done:
        return self.start("resume", "@last", *args, RUSTCHAIN_FAULT=fault).wait()

    def _decisions(self, waiting: list[Mapping[str, Any]]) -> list[str]:
        """Decide as somebody would who looks at what is there."""
        self.decided += len(waiting)
        happened = notes(self.folder).starts
        args = []
        for path in (one["path"] for one in waiting):
            assert path in fifty.ONCE, f"{path} may be repeated"
            done = _effect(self.folder, path, happened)
            word = "done" if done and (path in ("move", "edit") or self._chance.random() < 0.5) else "again"
            self._again[path] += word == "again"
            args += ["--decide", f"{path}={word}"]
        assert args, "it waits for nothing"
        return args

    def _judge(self, done: Done) -> None:
        """What must hold of a run that has ended."""
        journal, noted = read(self.folder), notes(self.folder)
        assert done.json["outputs"] == fifty.OUTPUTS
        ends = {id: step["status"] for id, step in done.json["step_results"].items()}
        others = {id: status for id, status in ends.items() if status != "Success"}
        assert others == {"skip": "Skipped", "forgiven": "Failed"}
        if not self._warm:
            verified = warm.call(self.folder, "audit", "verify")
            assert verified.code == 0, verified
        assert (self.folder / "met").read_text() == "", "a process of a dead engine was alive"
        assert len(noted.engines) == len(set(noted.engines)), "two engines at once"
        _judge_keys(journal)
        _judge_epochs(journal)
        lost = fifty.PATHS - set(noted.starts)
        assert not lost, f"lost: {lost}"
        for path, starts in noted.starts.items():
            deaths = self._again[path] if path in fifty.ONCE else self.deaths
            assert starts <= fifty.TRIES.get(path, 1) + deaths, f"{path} began {starts} times"
        files = [file for file in (self.folder / ".state").rglob("*") if file.is_file()]
        told = [file for file in files if fifty.TOKEN.encode() in file.read_bytes()]
        assert not told, f"a secret is in {told}"


def _effect(folder: Path, path: str, happened: Counter[str]) -> bool:
    """Whether what a step does has been done."""
    match path:
        case "move":
            return (folder / "made/c").exists()
        case "edit":
            return (folder / "made/b").read_text() == "one\ntwo\n"
        case _:
            return happened[path] > 0


def _judge_keys(journal: Journal) -> None:
    """Every attempt of a path has the same key, whoever makes it; another path, or another round, has another."""
    for path, event in journal.told(ev.StepStarted):
        assert event.key == idempotency_key(journal.run_id, path), event


def _judge_epochs(journal: Journal) -> None:
    """Who took the run over wrote from then on, and nobody else."""
    epochs = [row.epoch for row in journal.rows]
    assert epochs == sorted(epochs), "a stale engine wrote"
    assert len(set(epochs)) <= 1 + journal.resumes, epochs
