"""Print what the steps of a run logged."""

import time
from itertools import groupby

import click

from rustchain.app.logs import Line, Logs, Wanted
from rustchain.app.reading import read, record_of, task_of
from rustchain.catalogue import Catalogue
from rustchain.cli.command import declare
from rustchain.cli.output import document, emit
from rustchain.cli.reading import store
from rustchain.cli.session import Session
from rustchain.ports import Store

PAUSE_SECONDS = 0.25


@declare()
@click.argument("run")
@click.option("--step", default="", help="Of this step and all below it.")
@click.option("--item", type=int, help="With --step: of one item of its foreach, counted from 0.")
@click.option("--failed", is_flag=True, help="Of attempts that failed.")
@click.option("-f", "--follow", is_flag=True, help="Go on until the run ends.")
@click.pass_obj
def command(session: Session, run: str, step: str, item: int | None, failed: bool, follow: bool) -> None:
    """Print what the steps of a run logged; every line begins with its step, and the attempt from the second on."""
    if item is not None and not step:
        raise click.UsageError("--item belongs to --step")
    wanted = Wanted(step, item, failed)
    with store() as journal:
        run_id = journal.find(run)
        logs = Logs(journal, run_id, wanted)
        found = _documents(logs) if session.json else _printed(journal, run_id, logs, follow)
        if wanted.path and not found:
            task_of(read(journal, Catalogue(), run_id), wanted.path)
    if session.json:
        document(found)


def _printed(journal: Store, run_id: str, logs: Logs, follow: bool) -> bool:
    """Print lines as they come; whether there were any."""
    told = False
    while True:
        driven = record_of(journal, run_id).driven
        for line in logs.fresh():
            emit(_text(line))
            told = True
        if not follow or logs.over or not driven:
            return told
        time.sleep(PAUSE_SECONDS)


def _text(line: Line) -> str:
    path, number = line.attempt
    return f"{path}{f' #{number}' if number > 1 else ''}: {line.text}"


def _documents(logs: Logs) -> list[dict[str, object]]:
    return [
        {"path": path, "attempt": number, "lines": [line.text for line in lines]}
        for (path, number), lines in groupby(logs.fresh(), key=lambda line: line.attempt)
    ]
