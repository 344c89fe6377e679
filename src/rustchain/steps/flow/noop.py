"""Do nothing, and hand on values."""

from typing import Annotated, Any

from rustchain.stepkit import Output, Parameters, doc, step


class Noop(Parameters):
    """
    Do nothing; name computed values for later steps.

    Example:
        step_type: noop
        parameters:
          message: half way
          values: {total: 3}
    """

    message: Annotated[str, doc("A text handed on as it is.")] = "No operation performed"
    values: Annotated[dict[str, Any], doc("Values by name, handed on to later steps.")] = {}


class NoopOutput(Output):
    """What was handed on."""

    message: Annotated[str, doc("The message.")]
    values: Annotated[dict[str, Any], doc("The values.")]


@step(idempotent=True, instant=True)
def noop(p: Noop, ctx: object) -> NoopOutput:
    """Hand the parameters on."""
    return NoopOutput(message=p.message, values=p.values)
