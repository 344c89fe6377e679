import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.missions import built, plan_of, problems_in, shown, steps
from rustchain.engine.checks.graph import Graph, Read
from rustchain.logic.diagnostics import Suggestions
from rustchain.model.mission import Mission, MissionStep, On
from rustchain.model.plan import Need


def graph(*needs: list[int]) -> Graph:
    """A graph of steps `s0`, `s1` …, each with the indexes of those it needs."""
    return Graph(
        Mission(
            version="1.0",
            name="x",
            steps=[
                MissionStep(id=f"s{i}", step_type="noop", depends_on=[f"s{n}" for n in wanted])
                for i, wanted in enumerate(needs)
            ],
        ),
        Suggestions(),
    )


@pytest.mark.parametrize(
    ("lines", "problems"),
    [
        (["{id: build, step_type: noop}", "{id: b, step_type: noop, depends_on: [biuld]}"], ["RC104 5:43 unknown step 'biuld' in depends_on"]),
        (["{id: b, step_type: noop, depends_on: [{step: c}]}"], ["RC104 4:50 unknown step 'c' in depends_on"]),
        (["{id: b, step_type: noop, depends_on: [b]}"], ["RC106 4:43 step 'b' depends on itself"]),
        (["{id: a, step_type: noop}", "{id: a, step_type: noop}"], ["RC107 5:10 the id 'a' is used twice"]),
        (["{id: env, step_type: noop}"], ["RC108 4:10 the id 'env' is also a word of the expression language"]),
        (["{id: true_, step_type: noop}", "{id: none, step_type: noop}"], ["RC108 5:10 the id 'none' is also a word of the expression language"]),
    ],
)  # fmt: skip
def test_ids_and_dependencies_are_checked(lines: list[str], problems: list[str]) -> None:
    assert problems_in(steps(*lines)) == problems


def test_an_id_cannot_be_an_input_or_a_variable() -> None:
    text = steps("{id: a, step_type: noop}", "{id: b, step_type: noop}", "{id: c, step_type: noop}")
    text += "inputs: {a: {type: string}}\nvariables: {b: 1}\n"
    assert problems_in(text, variables=("c",)) == [
        "RC108 4:10 the id 'a' is also an input",
        "RC108 5:10 the id 'b' is also a variable",
        "RC108 6:10 the id 'c' is also a variable given with --var",
    ]


def test_finally_is_a_graph_of_its_own() -> None:
    text = steps("{id: a, step_type: noop, depends_on: [z]}")
    text += "finally:\n  - {id: z, step_type: noop, depends_on: [a]}\n  - {id: y, step_type: noop, depends_on: [z]}\n"
    assert [p[:10] for p in problems_in(text)] == ["RC109 4:43", "RC109 6:43"]


def test_a_cycle_is_shown_whole_with_the_lines_of_its_members() -> None:
    text = steps(
        "{id: a, step_type: noop, depends_on: [c]}",
        "{id: b, step_type: noop, depends_on: [a]}",
        "{id: c, step_type: noop, depends_on: [b]}",
        "{id: after, step_type: noop, depends_on: [c]}",
    )
    (problem,) = built(text).problems
    assert problem.message == "steps wait for one another: a -> c -> b -> a"
    assert [(r.label, r.at and r.at.line) for r in problem.related] == [
        ("'a' waits for 'c'", 4),
        ("'c' waits for 'b'", 6),
        ("'b' waits for 'a'", 5),
    ]
    assert "m.yaml:6:10" in shown([problem])


def test_separate_cycles_are_all_told() -> None:
    lines = [f"{{id: s{i}, step_type: noop, depends_on: [s{i ^ 1}]}}" for i in range(4)]
    assert [p[:5] for p in problems_in(steps(*lines))] == ["RC106", "RC106"]


def test_needs_and_dependents_are_indexes() -> None:
    plan = plan_of(
        steps(
            "{id: a, step_type: noop}",
            "{id: b, step_type: noop, depends_on: [a, a]}",
            "{id: c, step_type: noop, depends_on: [{step: a, on: failure}, b, {step: b}]}",
        )
    )
    assert [s.needs for s in plan.steps] == [
        (),
        (Need(0),),
        (Need(0, On.FAILURE), Need(1), Need(1, On.SUCCESS)),
    ]
    assert [s.dependents for s in plan.steps] == [(1, 2), (2, 2), ()]


def test_a_chain_of_100_000_steps_is_ordered_and_searched_soon() -> None:
    chain = graph([], *([i] for i in range(99_999)))
    begun = time.process_time()
    assert chain.order == list(range(100_000))
    assert not list(chain.cycles())
    reads = [Read(i, i // 2, (), "x") for i in range(1, 100_000, 10)]
    assert not list(chain.early(reads))
    assert time.process_time() - begun < 5


def test_a_ring_of_100_000_steps_is_told() -> None:
    ring = graph([99_999], *([i] for i in range(99_999)))
    (problem,) = ring.cycles()
    assert len(problem.message) < 400


@given(
    st.lists(st.sets(st.integers(0, 7), max_size=3), min_size=1, max_size=8),
    st.integers(0, 7),
    st.integers(0, 7),
)
def test_a_read_is_early_unless_the_target_is_an_ancestor(
    wanted: list[set[int]], reader: int, target: int
) -> None:
    needs = [[n for n in sorted(w) if n < i] for i, w in enumerate(wanted)]
    reader, target = reader % len(needs), target % len(needs)
    ancestors: set[int] = set()
    todo = list(needs[reader])
    while todo:
        at = todo.pop()
        ancestors.add(at)
        todo += needs[at]
    early = list(graph(*needs).early([Read(reader, target, (), "x")]))
    assert bool(early) == (target not in ancestors)


@given(st.lists(st.sets(st.integers(0, 7), max_size=2), min_size=1, max_size=8))
def test_a_cycle_is_told_exactly_where_there_is_no_order(wanted: list[set[int]]) -> None:
    made = graph(*[[n for n in sorted(w) if n < len(wanted) and n != i] for i, w in enumerate(wanted)])
    cyclic = len(made.order) < len(wanted)
    assert bool(list(made.cycles())) == cyclic
    for cycle in made.cycles():
        ids = cycle.message.removeprefix("steps wait for one another: ").split(" -> ")
        for id, following in pairwise(ids):
            assert made.index[following] in {n.step for n in made.needs[made.index[id]]}
