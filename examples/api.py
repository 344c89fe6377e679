"""
A small web server that stands in for the ones that the examples speak of: `python examples/api.py [PORT]`.

* /data          GET or POST: recent sales; needs `Authorization: Bearer …`
* /unreliable    answers 503 twice, then 200, and so on
* /jobs/NAME     a job that is `running` twice when asked, then `done`
* /pages?page=N  the N-th of three pages of items
"""

import json
import sys
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

ASKED = Counter[str]()
PAGES = [["pen", "ink"], ["paper", "stamp"], ["glue"]]


def answer(path: str, query: dict[str, list[str]], authorization: str) -> tuple[int, Any]:
    """The status and the body of an answer."""
    ASKED[path] += 1
    third = ASKED[path] % 3 == 0
    if path == "/data":
        allowed = authorization.startswith("Bearer ")
        return (
            (200, {"sales": [{"region": "EU", "amount": 12}]}) if allowed else (401, {"error": "who is it?"})
        )
    if path == "/unreliable":
        return (200, {"data": [1, 2, 3]}) if third else (503, {"error": "overloaded"})
    if path.startswith("/jobs/"):
        return 200, {"job": path.removeprefix("/jobs/"), "state": "done" if third else "running"}
    if path == "/pages":
        page = int(query.get("page", ["1"])[0])
        return 200, {"items": PAGES[page - 1], "next": page + 1 if page < len(PAGES) else None}
    return 404, {"error": f"no {path} here"}


class Api(BaseHTTPRequestHandler):
    """Speaks HTTP for `answer`."""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        url = urlsplit(self.path)
        status, value = answer(url.path, parse_qs(url.query), self.headers.get("Authorization", ""))
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


if __name__ == "__main__":
    with ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 8080), Api) as server:
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()
