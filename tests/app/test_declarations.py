"""A run goes on only with step types that declare what they declared when it was started."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import pytest

from harness.runs import Place
from rustchain.engine.runner import Runner
from rustchain.model.errors import Refused
from rustchain.model.events import Status
from rustchain.stepkit import Output, Parameters, StepType, doc, step


class Probe(Parameters):
    """Probe."""

    depth: Annotated[int, doc("How deep.")] = 1


class Deeper(Probe):
    """Probe deeper."""

    more: Annotated[bool, doc("Whether to go on.")] = False


class Strict(Parameters):
    """Probe on request only."""

    wanted: Annotated[bool, doc("Whether it is wanted.")]


class ProbeOutput(Output):
    """What was found."""

    size: Annotated[int, doc("How much.")]


@step(idempotent=True, instant=True)
def probe(p: Probe, ctx: object) -> ProbeOutput:
    """Find as much as asked for."""
    return ProbeOutput(size=p.depth)


TEXT = """
steps:
  - {id: pause, step_type: wait, parameters: {seconds: 0.2}}
  - {id: kid, step_type: mission, depends_on: [pause], parameters: {steps: [{id: x, step_type: probe}]}}
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A place with a run that was interrupted."""

    def hold(runner: Runner) -> None:
        asyncio.get_running_loop().call_later(0.05, runner.interrupt, 15)

    place = Place(tmp_path, types=[probe])
    place.within(lambda engine: place.start(engine, TEXT, hold=hold))
    return place


@pytest.mark.parametrize(
    "changed", [replace(probe, parameters=Deeper), replace(probe, output=dict[str, Any])]
)
def test_a_declaration_that_has_changed_is_refused_by_name(place: Place, changed: StepType[Any]) -> None:
    place.types = [changed]
    with pytest.raises(Refused, match="step types have changed since the run was started: probe") as caught:
        place.resume()
    assert "start the mission anew" in (caught.value.help or "")
    place.types = [probe]
    assert place.resume().status is Status.COMPLETED, "with what it was it goes on"


def test_a_change_of_what_a_step_does_is_none_of_its_declaration(place: Place) -> None:
    place.types = [replace(probe, run=lambda p, ctx: ProbeOutput(size=99))]
    assert place.resume().step_results["kid"].output == {"x": {"size": 99}}


@pytest.mark.parametrize("types", [[], [replace(probe, parameters=Strict)]])
def test_a_mission_that_does_not_fit_any_more_is_refused(place: Place, types: list[StepType[Any]]) -> None:
    place.types = types
    with pytest.raises(Refused, match="cannot be read by this version") as caught:
        place.resume()
    assert "step types have changed" in (caught.value.help or "")
