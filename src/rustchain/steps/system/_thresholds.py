"""Samples of what is used, and what is too much."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from rustchain.stepkit import doc

_Percent = Annotated[float, Meta(ge=0)]


class Thresholds(Struct, kw_only=True, forbid_unknown_fields=True, frozen=True):
    """What is too much."""

    cpu_percent: Annotated[_Percent | UnsetType, doc("Percent of the processors' time.")] = UNSET
    memory_percent: Annotated[_Percent | UnsetType, doc("Percent of the memory.")] = UNSET
    disk_percent: Annotated[_Percent | UnsetType, doc("Percent of the workspace's disk.")] = UNSET
    load: Annotated[_Percent | UnsetType, doc("The load average of one minute.")] = UNSET


class Sample(Struct):
    """One interval."""

    at: Annotated[int, doc("Its end: milliseconds since 1970, UTC.")]
    cpu_percent: Annotated[float, doc("Percent of the processors' time.")]
    memory_percent: Annotated[float, doc("Percent of the memory.")]
    disk_percent: Annotated[float, doc("Percent of the workspace's disk.")]
    load: Annotated[float, doc("The load average of one minute.")]


class Exceeded(Struct):
    """A threshold that samples were above."""

    name: Annotated[str, doc("The threshold's name.")]
    threshold: Annotated[float, doc("The threshold.")]
    highest: Annotated[float, doc("The highest value.")]
    samples: Annotated[int, doc("How many samples were above it.")]


def exceeded(samples: Sequence[Sample], thresholds: Thresholds) -> list[Exceeded]:
    """The thresholds that samples were above, each with how often and how far."""
    found = []
    for name in thresholds.__struct_fields__:
        threshold = getattr(thresholds, name)
        values = [getattr(sample, name) for sample in samples]
        above = [] if threshold is UNSET else [value for value in values if value > threshold]
        if above:
            found.append(Exceeded(name, threshold, max(above), len(above)))
    return found


def told(one: Exceeded) -> str:
    """A threshold that was exceeded, in words."""
    return f"{one.name} was {one.highest:g}, above {one.threshold:g}"
