"""The step types of the catalogue."""
