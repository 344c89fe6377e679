"""The mission engine: plan, machine, runner, replay."""
