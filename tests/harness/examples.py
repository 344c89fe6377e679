"""
The examples in step types' documentation, as data, and the world that they need.

`Given:` lists files, path to text. `Example:` is a step, or a list of steps of which the last is the example and the
others run before it. An example that speaks HTTP does so with 127.0.0.1:8080, for which the tests put a
server that answers 201 to POST, 204 to DELETE and 200 to anything else, with the JSON `{"ok": true}`.
"""

import contextlib
import inspect
import json
import re
import textwrap
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from harness.steps import run_step
from rustchain import run_mission_sync
from rustchain.stepkit import StepType

_SECTION = re.compile(r"^(Given|Example):\n((?:[ ]{4}.*\n?|\n)+)", re.MULTILINE)


class Example(NamedTuple):
    """A step as it stands in the documentation, the files that it needs (text by path), and the steps before it."""

    given: dict[str, str]
    before: list[dict[str, Any]]
    step: dict[str, Any]

    def prepare(self, folder: Path) -> None:
        """Write the files and run the steps before it."""
        for path, text in self.given.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, "utf-8")
        for step in self.before:
            run_step(step["step_type"], step["parameters"], folder)


def example_of(step_type: StepType[Any]) -> Example:
    """The sections `Given:` (optional) and `Example:` of a step type's documentation, read as YAML."""
    sections = {
        name: textwrap.dedent(body) for name, body in _SECTION.findall(inspect.cleandoc(step_type.doc))
    }
    written = yaml.safe_load(sections.get("Example", "{}"))
    *before, step = written if isinstance(written, list) else [written]
    return Example(yaml.safe_load(sections.get("Given", "{}")), before, {"parameters": {}, **step})


def run_whole(example: Example, folder: Path) -> Any:
    """The output of an example that is run as a mission."""
    steps = [{"id": f"s{i}", **step} for i, step in enumerate([*example.before, example.step])]
    ids = [step["id"] for step in steps]
    for before, step in zip(ids, steps[1:], strict=False):
        step["depends_on"] = [before]
    (folder / "m.yaml").write_text(json.dumps({"version": "1.0", "name": "example", "steps": steps}), "utf-8")
    result = run_mission_sync(folder / "m.yaml", workdir=folder, durability="memory")
    found = result.step_results[ids[-1]]
    assert found.status == "Success", found
    return found.output


@contextlib.contextmanager
def example_world(example: Example, folder: Path) -> Iterator[dict[str, Any]]:
    """The example's parameters in a world in which they work."""
    example.prepare(folder)
    parameters: dict[str, Any] = example.step["parameters"]
    text = json.dumps(parameters)
    if "127.0.0.1:8080" not in text:
        yield parameters
        return
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answer) as server:
        threading.Thread(target=server.serve_forever, args=[0.01]).start()
        try:
            yield json.loads(text.replace("127.0.0.1:8080", f"127.0.0.1:{server.server_port}"))
        finally:
            server.shutdown()


class _Answer(BaseHTTPRequestHandler):
    """Answer anything, well."""

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b"" if self.command in {"HEAD", "DELETE"} else b'{"ok": true}'
        self.send_response({"POST": 201, "DELETE": 204}.get(self.command, 200))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _answer

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""
