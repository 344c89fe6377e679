"""Check that the journal is as it was written."""

import os

import click

from rustchain.app.doctor import verify_journal
from rustchain.cli.command import declare
from rustchain.cli.output import document, emit, say
from rustchain.cli.session import Session
from rustchain.logic.counting import counted
from rustchain.model.failures import STORAGE, SUCCESS


@declare()
@click.pass_obj
def command(session: Session) -> int:
    """Check every event of every run against the chain of hashes, and every blob; exit code 8 where one is wrong."""
    findings = verify_journal(os.environ)
    bad = {run: texts for run, texts in findings.items() if texts}
    if session.json:
        document({"verified": not bad, "runs": len(findings) - 1, "findings": bad})
    else:
        for run, texts in bad.items():
            say("\n".join(f"{run or 'journal'}: {text}" for text in texts))
        emit(f"{'damaged' if bad else 'verified'}: {counted(len(findings) - 1, 'run')}")
    return (STORAGE if bad else SUCCESS).code
