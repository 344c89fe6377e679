"""The family `flow`."""
