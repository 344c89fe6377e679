"""The family `system`."""
