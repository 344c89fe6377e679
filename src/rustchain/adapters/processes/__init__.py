"""Processes: started, watched, found again by group and mark, and ended."""
