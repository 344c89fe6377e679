"""List runs, the newest first."""

import re
import time

import click

from rustchain.app.reading import Wanted, runs
from rustchain.catalogue import Catalogue
from rustchain.cli.command import declare
from rustchain.cli.output import document, emit, say
from rustchain.cli.paint import seconds, table
from rustchain.cli.reading import store
from rustchain.cli.session import Session
from rustchain.engine.results import rfc3339
from rustchain.model.errors import InvalidUse
from rustchain.model.events import Status
from rustchain.model.run import RunRecord

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


@declare()
@click.option(
    "--status", type=click.Choice([s.value for s in Status], case_sensitive=False), help="Of one status."
)
@click.option("--last", metavar="TIME", help="Begun within 30m, 12h, 7d, 2w …")
@click.option("--waiting", is_flag=True, help="Those that wait for a person.")
@click.pass_obj
def command(session: Session, status: str | None, last: str | None, waiting: bool) -> None:
    """List runs, the newest first."""
    now = round(time.time() * 1000)
    since = now - _milliseconds(last) if last else 0
    with store() as journal:
        found = runs(journal, Catalogue(), Wanted(Status(status) if status else None, since, waiting))
    if session.json:
        document(found)
    elif not found:
        say("no runs")
    else:
        emit(table([("RUN", "NAME", "MISSION", "STATUS", "STARTED", "TOOK"), *(_row(r, now) for r in found)]))


def _row(record: RunRecord, now: int) -> tuple[str, ...]:
    took = seconds((record.ended_at or now) - record.started_at) if record.ended_at or record.driven else ""
    started = rfc3339(record.started_at)
    return (record.run_id, record.alias, record.mission, _status(record), started, took)


def _status(record: RunRecord) -> str:
    if record.waiting:
        return f"Waiting ({record.waiting})"
    if record.status is Status.RUNNING and not record.driven:
        return "Interrupted"
    return str(record.status)


def _milliseconds(text: str) -> int:
    match = re.fullmatch(r"(\d+)([smhdw])", text)
    if not match:
        raise InvalidUse(f"--last {text}: not a number with s, m, h, d or w, such as 7d")
    return int(match[1]) * UNITS[match[2]] * 1000
