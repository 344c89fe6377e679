"""Show a run: how it ended, and what each step gave."""

import time

import click
import msgspec

from rustchain.app.outcome import read_result
from rustchain.app.reading import failures, output_at, read, record_of
from rustchain.catalogue import Catalogue
from rustchain.cli.command import declare
from rustchain.cli.display.closing import closing
from rustchain.cli.output import document, emit
from rustchain.cli.paint import seconds, table
from rustchain.cli.reading import store
from rustchain.cli.session import Session
from rustchain.model.run import MissionResult


@declare()
@click.argument("run")
@click.option(
    "--output", "place", metavar="STEP.FIELD", help="Print one value: a text as it is, all else as JSON."
)
@click.pass_obj
def command(session: Session, run: str, place: str | None) -> None:
    """Show a run: how it ended, and what each step gave."""
    with store() as journal:
        found = read(journal, Catalogue(), run)
        state, now = found.replayed, round(time.time() * 1000)
        result = read_result(
            journal, found.run_id, state.machine, state.history, now, whole=place is not None
        )
        failed = failures(journal, found.run_id, state.machine, state.history)
        record = record_of(journal, found.run_id)
    if place is not None:
        value = output_at(result, place)
        document(value) if session.json or not isinstance(value, str) else emit(value)
    elif session.json:
        document(result)
    else:
        emit(f"{result.mission}  {record.alias}  {result.timestamp}")
        emit(table([_row(result, id) for id in result.step_results]))
        if result.outputs:
            emit(msgspec.json.format(msgspec.json.encode(result.outputs)).decode())
        emit(closing(result, failed, kept=True, colour=False, driven=record.driven))


def _row(result: MissionResult, id: str) -> tuple[str, ...]:
    step = result.step_results[id]
    attempts = f"{step.attempts} attempts" if step.attempts > 1 else ""
    return (f"  {id}", step.status, seconds(step.duration_ms) if step.started_at else "", attempts)
