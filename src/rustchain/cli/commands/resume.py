"""Go on with a run that was interrupted, or waits for a decision."""

from typing import Any

import click
import msgspec

from rustchain.app.resume import Verdict, leave, resume
from rustchain.app.run import Watch
from rustchain.app.wiring import Engine
from rustchain.cli.command import declare, events_option
from rustchain.cli.driving import drive
from rustchain.cli.given import inputs_option, read_text, written
from rustchain.cli.output import document, say
from rustchain.cli.session import Session
from rustchain.model.errors import InvalidUse
from rustchain.model.events import Decision
from rustchain.model.run import MissionResult


@declare()
@click.argument("run")
@click.option(
    "--decide", "decisions", multiple=True, metavar="STEP=done|again|failed",
    help="What became of a step whose outcome is unknown.",
)  # fmt: skip
@click.option("--output", metavar="FILE", help="With `done`: the step's output, as JSON.")
@inputs_option()
@events_option()
@click.pass_obj
def command(
    session: Session, run: str, decisions: tuple[str, ...], output: str | None, pairs: tuple[str, ...]
) -> int:
    """
    Go on with a run that was interrupted, or that waits for a decision. Secret inputs are given again with -i. A
    decision on a run that another process drives is left to that process.
    """
    verdicts, secret_inputs = _verdicts(decisions, output), written(pairs)

    async def work(engine: Engine, watch: Watch) -> MissionResult | None:
        if verdicts and (run_id := leave(engine, run, verdicts, secret_inputs)):
            say(
                f"run {run_id} is told; the process that drives it sees to it\nnext: rustchain resume {run_id}"
            )
            if session.json:
                document({"run_id": run_id, "status": "asked"})
            return None
        return await resume(engine, run, verdicts, secret_inputs, watch)

    return drive(session, work)


def _verdicts(decisions: tuple[str, ...], output: str | None) -> tuple[Verdict, ...]:
    verdicts = [_verdict(text) for text in decisions]
    if output is None:
        return tuple(verdicts)
    if [v.decision for v in verdicts] != [Decision.DONE]:
        raise InvalidUse("--output belongs to one --decide STEP=done")
    return (verdicts[0]._replace(output=_json(output)),)


def _verdict(text: str) -> Verdict:
    path, _, word = text.rpartition("=")
    if not path or word not in list(Decision):
        raise InvalidUse(f"--decide {text}: not STEP=done, STEP=again or STEP=failed")
    return Verdict(path, Decision(word))


def _json(file: str) -> Any:
    try:
        return msgspec.json.decode(read_text(file))
    except msgspec.DecodeError as error:
        raise InvalidUse(f"{file} is not JSON: {error}") from None
