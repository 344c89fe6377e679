"""Checks of a mission: pure functions that yield problems."""
