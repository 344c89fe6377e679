"""YAML and JSON texts as plain data, and where in the text each part of the data is."""

from rustchain.logic.documents.document import Document, load_document, load_documents
from rustchain.logic.documents.source import InvalidDocument

__all__ = ["Document", "InvalidDocument", "load_document", "load_documents"]
