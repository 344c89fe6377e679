"""Findings about this machine, as a table."""

from rustchain.app.doctor import Finding
from rustchain.cli.output import document, emit
from rustchain.cli.paint import table
from rustchain.cli.session import Session
from rustchain.model.failures import STORAGE, SUCCESS


def show_findings(session: Session, findings: list[Finding]) -> int:
    """Show them; exit code 8 where the state folder cannot be used, for nothing else stops a run."""
    if session.json:
        document(findings)
    else:
        emit(table([(f.state, f.subject, f.detail) for f in findings]))
        for text in dict.fromkeys(f"{f.subject}: {f.help}" for f in findings if f.help):
            emit(f" = help: {text}")
    return (STORAGE if any(f.state == "wrong" for f in findings) else SUCCESS).code
