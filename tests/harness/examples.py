"""The examples in step types' documentation, as data."""

import inspect
import re
import textwrap
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from rustchain.stepkit import StepType

_SECTION = re.compile(r"^(Given|Example):\n((?:[ ]{4}.*\n?|\n)+)", re.MULTILINE)


class Example(NamedTuple):
    """A step as it stands in the documentation, and the files that it needs: text by path."""

    given: dict[str, str]
    step: dict[str, Any]

    def prepare(self, folder: Path) -> None:
        """Write the files."""
        for path, text in self.given.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, "utf-8")


def example_of(step_type: StepType[Any]) -> Example:
    """The sections `Given:` (optional) and `Example:` of a step type's documentation, read as YAML."""
    sections = {
        name: textwrap.dedent(body) for name, body in _SECTION.findall(inspect.cleandoc(step_type.doc))
    }
    return Example(yaml.safe_load(sections.get("Given", "{}")), yaml.safe_load(sections.get("Example", "{}")))
