"""The library: missions loaded, planned and run from Python."""

import asyncio
import inspect
from pathlib import Path

import pytest

import rustchain
from rustchain import (
    DagExecutor,
    ExecutionContext,
    InvalidMission,
    Mission,
    MissionConfig,
    MissionLoader,
    MissionStatus,
    MissionStep,
    StepStatus,
    StepType,
    load_mission,
    open_engine,
    plan_mission,
    run_mission,
    run_mission_sync,
)

TEXT = """
version: "1.0"
name: greet
inputs: {who: {type: string, default: crew}}
steps:
  - {id: a, step_type: noop, parameters: {message: "hi {{ inputs.who }} {{ extra | default('') }}"}}
outputs: {said: "{{ a.output.message }}"}
"""


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUSTCHAIN_HOME", str(tmp_path / ".state"))
    file = tmp_path / "m.yaml"
    file.write_text(TEXT)
    return file


def test_the_specifications_example_works(file: Path) -> None:
    async def main() -> None:
        mission = MissionLoader.load_from_file("m.yaml")
        result = await DagExecutor.execute_mission(mission)
        assert result.status is MissionStatus.COMPLETED
        assert result.step_results["a"].status == StepStatus.SUCCESS
        assert result.outputs == {"said": "hi crew "}

    asyncio.run(main())


def test_a_file_or_a_mission_runs_with_inputs_and_variables(file: Path) -> None:
    given = {"inputs": {"who": "you"}, "variables": {"extra": "there"}}
    for mission in (file, str(file), load_mission(file)):
        assert run_mission_sync(mission, durability="memory", **given).outputs == {"said": "hi you there"}


def test_the_synchronous_twin_is_the_same_function() -> None:
    assert inspect.signature(run_mission_sync) == inspect.signature(run_mission)
    assert run_mission_sync.__doc__ == run_mission.__doc__
    assert DagExecutor.execute_mission_sync is run_mission_sync


def test_a_failed_mission_is_a_result(tmp_path: Path) -> None:
    mission = MissionLoader.load_from_str(
        'version: "1.0"\nname: f\nsteps: [{id: a, step_type: command, parameters: {command: "false"}}, {id: b, step_type: noop, depends_on: [a]}]'
    )
    result = run_mission_sync(mission, durability="memory", workdir=tmp_path)
    assert (result.status, result.exit_code) == (MissionStatus.FAILED, 1)
    assert result.step_results["b"].status == StepStatus.SKIPPED


def test_a_mission_that_is_wrong_is_refused_with_every_problem() -> None:
    with pytest.raises(InvalidMission) as caught:
        MissionLoader.load_from_str(
            'version: "1.0"\nname: f\nsteps: [{id: a, step_type: nop}, {id: a, step_type: noop}]'
        )
    assert [p.code for p in caught.value.problems] == ["RC105", "RC107"]
    with pytest.raises(InvalidMission, match="RC401"):
        run_mission_sync(MissionLoader.load_from_str(TEXT.replace(", default: crew", "")))


def test_a_mission_may_be_made_in_python() -> None:
    steps = [
        MissionStep(id="a", step_type=StepType.CreateFile, parameters={"path": "x.txt", "content": "x"}),
        MissionStep(id="b", step_type="read_file", depends_on=["a"], parameters={"path": "x.txt"}),
    ]
    mission = Mission(version="1.0", name="made", steps=steps, config=MissionConfig(fail_fast=False))
    assert [s.id for s in plan_mission(mission).steps] == ["a", "b"]
    assert run_mission_sync(mission, durability="memory").step_results["b"].output["content"] == "x"


def test_a_plan_is_made_without_the_inputs_that_are_missing() -> None:
    mission = MissionLoader.load_from_str(TEXT.replace(", default: crew", ""))
    assert plan_mission(mission).mission.inputs["who"].type == "string"
    with pytest.raises(InvalidMission):
        plan_mission(mission, inputs={"who": 3})


@pytest.mark.parametrize("type_", ["mission", "Mission"])
def test_a_loaded_mission_finds_its_child_missions_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, type_: str
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "child.yaml").write_text('version: "1.0"\nname: c\nsteps: [{id: x, step_type: noop}]')
    kid = f"{{id: kid, step_type: {type_}, parameters: {{file: child.yaml}}}}"
    (tmp_path / "sub" / "m.yaml").write_text(
        f'version: "1.0"\nname: m\nsteps:\n  - {kid}\n  - {{id: inline, step_type: {type_}, parameters: {{steps: [{kid}]}}}}\nfinally:\n  - {kid.replace("id: kid", "id: tidy")}'
    )
    mission = load_mission("sub/m.yaml")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    result = run_mission_sync(mission, durability="memory")
    assert {s.status for s in result.step_results.values()} == {"Success"}


def test_steps_are_run_one_by_one_and_see_what_came_before() -> None:
    async def main() -> None:
        context = ExecutionContext({"who": "crew"})
        context.set_variable("n", 2)
        assert (context.get_variable("n"), context.get_variable("nothing")) == (2, None)
        first = MissionStep(
            id="a", step_type="noop", depends_on=["elsewhere"], parameters={"values": {"m": "{{ n * 2 }}"}}
        )
        result = await DagExecutor.execute_step(first, context)
        assert (result.status, result.output["values"]) == ("Success", {"m": 4})
        second = MissionStep(
            id="b",
            step_type="noop",
            parameters={"message": "{{ who }} {{ a.output['values'].m }} {{ context.n }}"},
        )
        assert (await DagExecutor.execute_step(second, context)).output["message"] == "crew 4 2"
        alone = await DagExecutor.execute_step(MissionStep(id="c", step_type="noop"))
        assert alone.status == "Success"

    asyncio.run(main())


def test_steps_are_sorted_after_what_they_depend_on() -> None:
    def step(id: str, *needs: str) -> MissionStep:
        return MissionStep(id=id, step_type="noop", depends_on=list(needs))

    assert DagExecutor.topological_sort([step("c", "b"), step("x"), step("b", "a"), step("a")]) == [
        "x",
        "a",
        "b",
        "c",
    ]
    for wrong in ([step("a", "b"), step("b", "a")], [step("a", "nobody")], [step("a"), step("a")]):
        with pytest.raises(InvalidMission):
            DagExecutor.topological_sort(wrong)


def test_many_runs_share_an_engine(tmp_path: Path, file: Path) -> None:
    async def main() -> list[str]:
        async with open_engine({"RUSTCHAIN_HOME": str(tmp_path / ".state")}, "memory") as engine:
            results = await asyncio.gather(
                *(run_mission(file, engine=engine, inputs={"who": str(n)}) for n in range(5))
            )
        return [r.outputs["said"] for r in results]

    assert asyncio.run(main()) == [f"hi {n} " for n in range(5)]


def test_a_run_that_nobody_watches_keeps_its_logs(tmp_path: Path) -> None:
    mission = MissionLoader.load_from_str(
        'version: "1.0"\nname: e\nsteps: [{id: a, step_type: command, parameters: {command: echo, args: [heard]}}, {id: b, step_type: noop, depends_on: [{step: a, on: failure}]}]'
    )
    assert run_mission_sync(mission).status is MissionStatus.COMPLETED
    assert [f.read_text() for f in (tmp_path / ".state" / "logs").rglob("*") if f.is_file()] == ["heard\n"]


def test_large_outputs_are_whole(tmp_path: Path) -> None:
    (tmp_path / "big.txt").write_text("x" * 100_000)
    mission = MissionLoader.load_from_str(
        'version: "1.0"\nname: b\nsteps: [{id: a, step_type: read_file, parameters: {path: big.txt}}]'
    )
    assert len(run_mission_sync(mission, durability="memory").step_results["a"].output["content"]) == 100_000


def test_every_step_type_has_a_name_in_camel_case() -> None:
    assert StepType.CreateFile == "create_file"
    assert StepType.Http == "http"
    assert rustchain.StepType is StepType
