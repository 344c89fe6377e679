"""Missions given to the library as text."""

import pytest

from rustchain import MissionLoader


@pytest.mark.parametrize(
    "text",
    [
        'version: "1.0"\nname: m\nsteps: [{id: a, step_type: noop}]',
        '{"version": "1.0", "name": "m", "steps": [{"id": "a", "step_type": "noop"}]}',
    ],
)
def test_a_mission_is_loaded_from_yaml_and_from_json(text: str) -> None:
    assert [step.id for step in MissionLoader.load_from_str(text).steps] == ["a"]
