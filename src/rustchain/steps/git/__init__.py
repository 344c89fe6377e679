"""The family `git`."""
