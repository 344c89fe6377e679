"""The family `data`."""
