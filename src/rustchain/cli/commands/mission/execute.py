"""Validate, plan and run a mission (= run)."""

from rustchain.cli.commands.run import command as command
