"""Values: what a mission says, what a plan holds, what happened. Imports nothing else of ours."""
