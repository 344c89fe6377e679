"""Watch what the machine or a process uses."""

import asyncio
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Context
from rustchain.stepkit import UNSET, Output, Parameters, Requirement, UnsetType, doc, step
from rustchain.steps.system._thresholds import Exceeded, Sample, Thresholds, exceeded, told

if TYPE_CHECKING:
    from rustchain.steps.system._resources import Reading


class MonitorResources(Parameters):
    """
    Measure processors, memory, disk, network and load, once or many times.

    A sample covers the interval before it, so that this takes `samples` intervals.

    Example:
        step_type: monitor_resources
        parameters:
          samples: 2
          interval_seconds: 0.1
          thresholds: {cpu_percent: 101, memory_percent: 101}
    """

    samples: Annotated[Annotated[int, Meta(ge=1, le=100_000)], doc("How many samples to take.")] = 1
    interval_seconds: Annotated[Annotated[float, Meta(gt=0)], doc("Seconds that a sample covers.")] = 1.0
    pid: Annotated[
        Annotated[int, Meta(ge=1)] | UnsetType,
        doc("A process whose processor time and memory are measured in place of the machine's."),
    ] = UNSET
    thresholds: Annotated[Thresholds, doc("What is too much; a sample above it is told in `exceeded`.")] = (
        Thresholds()
    )
    fail_on_exceeded: Annotated[bool, doc("Whether the step fails where a sample is above a threshold.")] = (
        False
    )


class Cpu(Struct):
    """Processor time."""

    percent: Annotated[float, doc("Percent used on average; of one process 100 is one processor.")]
    count: Annotated[int, doc("How many processors there are.")]


class Memory(Struct):
    """Memory, at the end."""

    total_bytes: Annotated[int, doc("Bytes there are.")]
    used_bytes: Annotated[int, doc("Bytes in use, by the process where one was named.")]
    free_bytes: Annotated[int, doc("Bytes that a program could have.")]
    percent: Annotated[float, doc("Percent in use.")]


class Disk(Struct):
    """The disk that the workspace is on, at the end; and what all disks did meanwhile."""

    total_bytes: Annotated[int, doc("Bytes there are.")]
    used_bytes: Annotated[int, doc("Bytes in use.")]
    free_bytes: Annotated[int, doc("Bytes that are free.")]
    percent: Annotated[float, doc("Percent in use.")]
    read_bytes: Annotated[int, doc("Bytes read from all disks meanwhile.")]
    written_bytes: Annotated[int, doc("Bytes written to all disks meanwhile.")]


class Network(Struct):
    """What all network interfaces did meanwhile."""

    sent_bytes: Annotated[int, doc("Bytes sent.")]
    received_bytes: Annotated[int, doc("Bytes received.")]


class MonitorResourcesOutput(Output):
    """What was measured."""

    cpu: Annotated[Cpu, doc("Processor time.")]
    memory: Annotated[Memory, doc("Memory, at the end.")]
    disk: Annotated[Disk, doc("The disk that the workspace is on, and what all disks did.")]
    network: Annotated[Network, doc("What all network interfaces did.")]
    load: Annotated[list[float], doc("The load averages of 1, 5 and 15 minutes, at the end.")]
    samples: Annotated[list[Sample], doc("Each sample.")]
    exceeded: Annotated[list[Exceeded], doc("The thresholds that samples were above.")]


@step(idempotent=True, needs=(Requirement(package="psutil", extra="system"),))
async def monitor_resources(p: MonitorResources, ctx: Context) -> MonitorResourcesOutput:
    """Read at even intervals, and judge the samples."""
    from rustchain.steps.system import _resources  # imported where it is used: psutil is an extra

    folder = await ctx.in_thread(ctx.files.folder, ".")
    pid = None if isinstance(p.pid, UnsetType) else p.pid
    begin = ctx.clock.monotonic()
    first = last = await ctx.in_thread(_resources.read, folder, pid)
    samples = []
    for number in range(1, p.samples + 1):
        await asyncio.sleep(begin + number * p.interval_seconds - ctx.clock.monotonic())
        now = await ctx.in_thread(_resources.read, folder, pid)
        samples.append(_sample(ctx.clock.now(), _resources.cpu_percent(last, now), now))
        last = now
    cpu = Cpu(_resources.cpu_percent(first, last), _resources.processors())
    output = _output(p, cpu, first, last, samples)
    if output.exceeded and p.fail_on_exceeded:
        raise StepFailed(Failure.LIMIT, "; ".join(map(told, output.exceeded)), output=output)
    return output


def _sample(at: int, cpu: float, now: "Reading") -> Sample:
    return Sample(at, cpu, now.memory.percent, now.disk.percent, round(now.load[0], 2))


def _output(
    p: MonitorResources, cpu: Cpu, first: "Reading", last: "Reading", samples: list[Sample]
) -> MonitorResourcesOutput:
    read, written = last.disk_read - first.disk_read, last.disk_written - first.disk_written
    return MonitorResourcesOutput(
        cpu=cpu,
        memory=Memory(*last.memory),
        disk=Disk(*last.disk, read_bytes=read, written_bytes=written),
        network=Network(last.sent - first.sent, last.received - first.received),
        load=[round(value, 2) for value in last.load],
        samples=samples,
        exceeded=exceeded(samples, p.thresholds),
    )
