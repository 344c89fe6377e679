"""YAML as mission files have it, read into the documents of a stream."""

from typing import Any

from rustchain.logic.documents import InvalidDocument, load_documents
from rustchain.steps.data._source import Document, invalid


def parse(document: Document) -> list[Any]:
    """The values of all documents in a text; StepFailed (invalid_data) with line and column."""
    try:
        return load_documents(document.text, document.name)
    except InvalidDocument as error:
        at = error.problem.at
        line, column = (at.line, at.column) if at else (1, None)
        raise invalid(document.name, f"not YAML: {error.problem.message}", line, column) from error
