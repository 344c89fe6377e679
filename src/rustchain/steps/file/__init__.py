"""The family `file`."""
