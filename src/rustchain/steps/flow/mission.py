"""Run another mission as one step."""

from collections.abc import Mapping
from typing import Annotated, Any

from rustchain.ports import Context
from rustchain.stepkit import UNSET, Deferred, Parameters, ReadPath, UnsetType, doc, step


class Mission(Parameters):
    """
    Run another mission as one step: a file, or steps written in place.

    A file is relative to the file that names it, must be constant, and is loaded before anything runs. Steps written in
    place see nothing but their `inputs`. The output is the mission's `outputs`; without any, the outputs of its steps
    by id. Foreach, repeat and retry on such a step cover several steps at once.

    Example:
        step_type: mission
        parameters:
          inputs: {who: crew}
          steps:
            - id: greet
              step_type: noop
              parameters: {message: "hello {{ inputs.who }}"}
    """

    file: Annotated[ReadPath | UnsetType, doc("The mission file.")] = UNSET
    steps: Annotated[Deferred[list[Any]] | UnsetType, doc("The steps themselves, instead of a file.")] = UNSET
    inputs: Annotated[dict[str, Any], doc("Inputs of the mission, by name.")] = {}


def _effects(parameters: Mapping[str, Any]) -> tuple[()]:
    """Its own effects are none: those of its steps are planned with them."""
    return ()


@step(idempotent=True, effects=_effects, slotless=True)
async def mission(p: Mission, ctx: Context) -> dict[str, Any]:
    """Hand the inputs to the child mission and wait for its outputs."""
    outputs: dict[str, Any] = await ctx.run_graph(p.inputs)
    return outputs
