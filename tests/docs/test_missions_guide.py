"""Every snippet of the guide to missions is one, once it has a head and a step."""

import pytest
import yaml

from harness.documents import blocks
from rustchain import MissionLoader

HEAD = {"version": "1.0", "name": "snippet", "steps": [{"id": "nothing", "step_type": "noop"}]}
SNIPPETS = [block.text for block in blocks("docs/missions.md") if block.language == "yaml"]


@pytest.mark.parametrize("text", SNIPPETS, ids=range(len(SNIPPETS)))
def test_a_snippet_is_valid(text: str) -> None:
    missing = {key: value for key, value in HEAD.items() if key not in yaml.safe_load(text)}
    mission = MissionLoader.load_from_str(text + yaml.safe_dump(missing) if missing else text)
    assert mission.steps
