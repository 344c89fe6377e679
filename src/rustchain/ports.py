"""What engine and steps may ask of the world, as protocols. Adapters are the things behind them."""

from asyncio import Future
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any, BinaryIO, Literal, NamedTuple, Protocol

from rustchain.model.events import Row
from rustchain.model.run import Request, RunRecord


class Clock(Protocol):
    """Time: `now` is milliseconds since 1970 (UTC), `monotonic` seconds that never go back."""

    def now(self) -> int: ...
    def monotonic(self) -> float: ...


class Entry(NamedTuple):
    """A file, folder or link as `Files` sees it; `path` is relative to the workspace, `modified` seconds since 1970."""

    path: str
    kind: Literal["file", "folder", "link", "other"]
    size: int
    modified: float
    mode: int


class Files(Protocol):
    """
    The guarded file system: relative paths start at the workspace; what leaves it, and the state folder, is refused.

    Every call blocks and raises StepFailed (policy_denied, not_found, conflict, storage …); while a step's deadline or
    cancellation has come it raises Stopped, also between two reads or writes of a file opened here.
    """

    def open(self, path: str) -> BinaryIO:
        """Open a file for reading."""
        ...

    def create(
        self, path: str, *, mode: int | None = None, overwrite: bool = True
    ) -> AbstractContextManager[BinaryIO]:
        """Write a file atomically: parents are made; it appears, synced, when the block ends well, else not at all."""
        ...

    def stat(self, path: str, *, follow: bool = False) -> Entry | None:
        """What is at a path, a link at its end followed where asked for; None where nothing is."""
        ...

    def list(self, path: str) -> list[Entry]:
        """The entries of a folder, sorted by name."""
        ...

    def folder(self, path: str) -> str:
        """The absolute path of a folder, for a process to start in."""
        ...

    def make_folder(self, path: str) -> None:
        """Make a folder and its parents; one that is there is fine."""
        ...

    def remove(self, path: str) -> None:
        """Remove a file, a link, or a folder with all that is in it."""
        ...

    def rename(self, source: str, destination: str) -> bool:
        """Move within one device, replacing a file; False where source and destination are on different devices."""
        ...

    def link_target(self, path: str) -> str:
        """Where a symbolic link points."""
        ...

    def make_link(self, path: str, target: str) -> None:
        """Make a symbolic link; one that leaves the workspace is refused."""
        ...

    def changing(self, path: str, *, follow: bool = True) -> AbstractContextManager[None]:
        """
        Keep what is at a path, or that nothing is, in the step's trash while the block changes it.

        Where the block fails, what was there is put back at once. An attempt made again after a crash keeps the record
        of the first.
        """
        ...

    def discard(self, path: str) -> None:
        """Remove what is at a path into the step's trash."""
        ...

    def restore(self, path: str) -> None:
        """Undo: put back what `changing` or `discard` kept of a path, replacing what is there now."""
        ...


class Process(NamedTuple):
    """
    A program to run. `argv[0]` is looked up in the environment's PATH; sizes are bytes. `grace`: seconds between
    asking it to end and killing it, asked for again while it ends.
    """

    argv: tuple[str, ...]
    cwd: str = "."
    env: Mapping[str, str] = {}
    stdin: bytes | None = None
    max_output: int = 1 << 20
    grace: Callable[[], float] = lambda: 5.0


class Confinement(NamedTuple):
    """How a process is held: the tier, and by whom it is enforced. `none` until the sandbox is there."""

    tier: Literal["none", "basic", "strong"] = "none"


class ProcessEnded(NamedTuple):
    """How a program ended; a negative exit code is the signal that killed it. Output beyond the limit was dropped."""

    exit_code: int
    stdout: bytes
    stderr: bytes
    truncated: bool
    ms: int
    cpu_ms: int
    max_rss_kb: int


Stream = Literal["stdout", "stderr"]


class Shell(Protocol):
    """Processes. Each carries `RUSTCHAIN_STEP=<mark>`; when the awaiting task is cancelled its whole tree is ended."""

    async def run(
        self,
        process: Process,
        mark: str,
        confinement: Confinement,
        on_output: Callable[[Stream, bytes], None],
        on_start: Callable[[int], None] = lambda pid: None,
    ) -> ProcessEnded:
        """Run a program to its end; StepFailed (not_found, policy_denied …) where it cannot start."""
        ...

    def detach(self, process: Process, confinement: Confinement) -> int:
        """Start a program, unmarked, that outlives this engine; its id. It has no input, and nobody sees its output."""
        ...

    def signal(self, pid: int, number: int) -> None:
        """Send a signal to a program that `run` started, and to all that it started; nothing where it has ended."""
        ...

    async def end_run(self, run_id: str) -> int:
        """End every process that carries a mark of this run, wait until none is left, return how many there were."""
        ...

    async def close(self) -> None:
        """Let the guardian go; no process of ours is running any more."""
        ...


class HttpRequest(NamedTuple):
    """A request. `body` may be bytes or a blocking file; `timeout` is seconds for the whole exchange, None for no limit."""

    method: str
    url: str
    headers: Mapping[str, str] = {}
    body: bytes | BinaryIO | None = None
    timeout: float | None = 30.0
    follow_redirects: bool = True
    verify_tls: bool = True


class HttpResponse(Protocol):
    """An answer whose body has not been read yet; `url` is where redirects led."""

    status: int
    url: str
    headers: Mapping[str, str]

    def chunks(self) -> AsyncIterator[bytes]: ...


class Http(Protocol):
    """HTTP, guarded: the address is resolved once, checked, and connected to; each redirect is checked again."""

    def send(self, request: HttpRequest) -> AbstractAsyncContextManager[HttpResponse]:
        """Send; StepFailed (connection, timeout, policy_denied …) where there is no answer."""
        ...

    async def close(self) -> None: ...


class Secrets(Protocol):
    """Where secrets are read: `env:NAME`, `file:PATH`."""

    def read(self, reference: str) -> str:
        """The value; MissingSecret where there is none, or where it has under 6 bytes."""
        ...


class Lease(Protocol):
    """The right to write one run's events. Lost when another takes a higher epoch; released at the process's end."""

    stream: int
    run_id: str
    epoch: int
    key: bytes
    """The run's secret key: salts are derived from it."""
    seq: int
    """Sequence number of the last event; 0 before the first."""
    hash: bytes
    """Hash of the last event; 32 zero bytes before the first."""

    def release(self) -> None: ...


class Store(Protocol):
    """
    The journal, its blobs, requests and the list of runs.

    Appends are buffered and written in order by one writer, many a transaction. A lease whose epoch is stale, or whose
    rows could not be written, has failed: none of its rows of that transaction is kept, others' are, and every later
    append and wait of it fails with StorageFailed.
    """

    def create_run(self, run_id: str, alias: str, mission: str, at: int, parent: str = "") -> Lease:
        """A new, empty run, with its lease."""
        ...

    def take_lease(self, run_id: str) -> Lease:
        """The lease of a run that nobody drives, with a new epoch; StorageFailed where somebody does."""
        ...

    def append(self, row: Row, *, request: int = 0) -> None:
        """Buffer a row; `request` is the request that it answers, taken in the same transaction."""
        ...

    def append_all(self, rows: Sequence[Row]) -> None:
        """Buffer rows that are written together, or not at all."""
        ...

    def durable(self, lease: Lease | None = None) -> Awaitable[None]:
        """
        Wait until every row appended so far is on disk.

        StorageFailed where a row of this lease, or without one any row of the process, could not be written.
        """
        ...

    def rows(self, run_id: str, after: int = 0) -> Iterator[Row]:
        """The rows of a run that are on disk, in order, from the one after `after`."""
        ...

    def key(self, run_id: str) -> bytes:
        """The run's key; StorageFailed where it was erased."""
        ...

    def runs(self) -> list[RunRecord]:
        """All runs, the newest first."""
        ...

    def find(self, name: str) -> str:
        """The id of a run by id, unique beginning, alias, `@last` or `@failed`; InvalidUse where there is none."""
        ...

    def ask(self, run_id: str, kind: str, body: Mapping[str, Any]) -> int:
        """Record a request to a run; the id of the request."""
        ...

    def requests(self, run_id: str) -> list[Request]:
        """Requests not yet taken, oldest first."""
        ...

    def put_blob(self, run_id: str, data: bytes) -> str:
        """Keep bytes of a run, synced; their salted digest."""
        ...

    def get_blob(self, run_id: str, digest: str) -> bytes: ...

    def log_path(self, run_id: str, path: str, attempt: int) -> str:
        """Where the log of an attempt is, whether or not it exists yet."""
        ...

    def close(self) -> None: ...


class Service(NamedTuple):
    """A program that goes on beside the steps, its id, the path of the step that started it, and its log's file."""

    pid: int
    path: str
    log_path: str
    ended: Future[ProcessEnded]


class StepShell(Protocol):
    """Processes as a step sees them: mark, environment, folder and log are seen to."""

    async def run(self, process: Process) -> ProcessEnded: ...

    async def start(self, process: Process, on_line: Callable[[str], None]) -> Service:
        """Start a program that ends with the run, however that ends; StepFailed where it cannot start."""
        ...

    async def detach(self, process: Process) -> int:
        """Start a program that outlives the run and this engine; its id."""
        ...

    def services(self) -> Sequence[Service]:
        """What `start` started in this run, in this process; also what has ended since."""
        ...

    async def end(self, service: Service, signal: int, grace: float) -> None:
        """Send a signal to a service and all that it started, and kill what is there after `grace` seconds."""
        ...


class Context(Protocol):
    """All that a step's function can reach besides its parameters."""

    @property
    def run_id(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def attempt(self) -> int: ...
    @property
    def idempotency_key(self) -> str: ...
    @property
    def files(self) -> Files: ...
    @property
    def shell(self) -> StepShell: ...
    @property
    def http(self) -> Http: ...
    @property
    def clock(self) -> Clock: ...
    def log(self, line: str) -> None:
        """Add a line to the attempt's log; secrets are masked. Callable from any thread."""
        ...

    def check(self) -> None:
        """Raise Stopped when the step's deadline or cancellation has come; for loops in worker threads."""
        ...

    async def in_thread(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call a blocking function in a worker thread, from a step on the event loop."""
        ...

    def evaluate(self, expression: str, names: Mapping[str, Any]) -> Any:
        """Evaluate an expression of the mission's language over the step's own data."""
        ...

    async def run_graph(self, inputs: Mapping[str, Any]) -> Any:
        """Run the step's child mission to its end; its outputs. StepFailed where it fails."""
        ...
