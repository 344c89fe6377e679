"""Mission files: list, check, describe, draw, run."""
