"""Check missions without running them (= mission validate)."""

from rustchain.cli.commands.mission.validate import command as command
