from harness.missions import built, plan_of, problems_in, steps
from rustchain.engine.children import MAX_DEPTH, child_files

CHILD = plan_of(steps("{id: a, step_type: noop, parameters: {message: '{{ inputs.who }} {{ env.CHILD }}'}}") + (
    "inputs: {who: {type: string}, n: {type: integer, default: 1}}\noutputs: {x: '{{ a.output.message }}'}\n"
))  # fmt: skip
FILES = {("child.yaml", 1): CHILD}


def inline(inner: str, inputs: str = "{}", more: str = "") -> str:
    return (
        steps(
            "{id: first, step_type: noop}",
            f"{{id: m, step_type: mission, depends_on: [first], parameters: {{inputs: {inputs}, steps: [{inner}]}}}}",
        )
        + more
    )


def test_steps_written_in_line_are_a_plan_of_their_own() -> None:
    plan = plan_of(
        inline(
            "{id: a, step_type: noop, parameters: {message: '{{ inputs.who }}'}}",
            "{who: '{{ first.status }}'}",
        )
    )
    step = plan.steps[1]
    assert step.child is not None
    assert (step.child.mission.name, step.child.mission.version, list(step.child.mission.inputs)) == (
        "m",
        "1.0",
        ["who"],
    )
    assert step.child.steps[0].holes[0].path == ("message",)
    assert [h.path for h in step.holes] == [("inputs", "who")]
    assert step.slotless


def test_steps_in_line_see_nothing_but_their_inputs() -> None:
    text = inline(
        "{id: a, step_type: noop, parameters: {message: '{{ first.status }} {{ who }} {{ inputs.other }} {{ secrets.s }}'}}",
        "{who: x}",
        "variables: {who: crew}\nsecrets: {s: {from: env:S}}\n",
    )
    assert [p.split(" ", 2)[0] for p in problems_in(text)] == ["RC302", "RC302", "RC303", "RC306", "RC303"]


def test_problems_in_line_are_told_where_they_are() -> None:
    text = inline("{id: a, step_type: nop}, {id: b, step_type: noop, depends_on: [c], nope: 1}")
    assert [p[:11].strip() for p in problems_in(text)] == ["RC105 5:106", "RC104 5:150", "RC101 5:154"]


def test_a_cycle_in_line_is_shown_with_its_lines() -> None:
    text = inline(
        "{id: a, step_type: noop, depends_on: [b]},\n      {id: b, step_type: noop, depends_on: [a]}"
    )
    (problem,) = built(text).problems
    assert [r.at and r.at.line for r in problem.related] == [5, 6]


def test_a_child_file_that_nobody_loaded_is_told() -> None:
    assert problems_in(steps("{id: m, step_type: mission, parameters: {file: x.yaml}}")) == [
        "RC501 4:52 x.yaml was not loaded"
    ]


def test_a_child_file_is_taken_from_what_was_loaded() -> None:
    text = steps("{id: m, step_type: mission, parameters: {file: child.yaml, inputs: {who: x}}}")
    plan = plan_of(text, children=FILES)
    assert plan.steps[0].child is CHILD
    assert plan.env_names == ("CHILD",)


def test_inputs_handed_to_a_child_are_checked() -> None:
    def codes(inputs: str) -> list[str]:
        text = steps(f"{{id: m, step_type: mission, parameters: {{file: child.yaml, inputs: {inputs}}}}}")
        return [p.code for p in built(text, children=FILES).problems]

    assert codes("{}") == ["RC401"]
    assert codes("{who: x, whoo: y}") == ["RC403"]
    assert codes("{who: 3}") == ["RC402"]
    assert codes("{who: '{{ env.A }}', n: '{{ 1 }}', x: '{{ 1 }}'}") == ["RC403"]
    assert codes("'{{ env.A }}'") == []


def test_a_mission_step_names_a_file_or_holds_steps() -> None:
    def problems(parameters: str) -> list[str]:
        return problems_in(steps(f"{{id: m, step_type: mission, parameters: {{{parameters}}}}}"))

    assert problems("inputs: {}") == ["RC501 4:33 a mission step takes either 'file' or 'steps'"]
    assert problems("file: a.yaml, steps: []") == problems("inputs: {}")
    assert problems("file: '{{ env.A }}'") == [
        "RC501 4:52 the file of a child mission is written out: it is loaded before anything runs"
    ]


def nested(levels: int) -> str:
    text = "{id: a, step_type: noop}"
    for _ in range(levels):
        text = f"{{id: a, step_type: mission, parameters: {{steps: [{text}]}}}}"
    return steps(text)


def test_missions_nest_sixteen_levels_deep_and_no_more() -> None:
    assert problems_in(nested(MAX_DEPTH)) == []
    assert [p[:5] for p in problems_in(nested(MAX_DEPTH + 1))] == ["RC503"]
    assert [p[:5] for p in problems_in(nested(50))] == ["RC503"]


def test_every_file_that_a_document_names_is_found_whatever_else_is_wrong() -> None:
    value = {
        "steps": [
            {"step_type": "mission", "parameters": {"file": "a.yaml"}},
            {
                "step_type": "Mission",
                "parameters": {"steps": [{"step_type": "mission", "parameters": {"file": "b.yaml"}}]},
            },
            {"step_type": "mission", "parameters": {"file": "{{ no }}"}},
            {"step_type": "noop", "parameters": {"file": "no.yaml"}},
            {"step_type": "mission", "parameters": 3},
            {"step_type": "mission"},
            7,
        ],
        "finally": {"not": "a list"},
    }
    assert [(c.file, c.depth, c.path[:2]) for c in child_files(value)] == [
        ("a.yaml", 1, ("steps", 0)),
        ("b.yaml", 2, ("steps", 1)),
    ]
    assert list(child_files([1])) == []


def test_steps_in_line_that_are_none_are_told() -> None:
    assert [p[:5] for p in problems_in(inline(""))] == ["RC103"]
    assert [p[:5] for p in problems_in(inline("7"))] == ["RC103"]
