import pytest

from harness.missions import built, plan_of, problems_in, steps

SURROUNDINGS = (
    "inputs: {region: {type: string, default: EU}}\nvariables: {bucket: b}\nsecrets: {token: {from: env:T}}\n"
    "config: {settings: {colour: red}}\n"
)


def problem_with(expression: str, **around: object) -> list[str]:
    """The problems of a step that depends on `a` and reads this; `free` is beside it."""
    text = steps(
        "{id: a, step_type: noop}",
        "{id: free, step_type: noop}",
        f'{{id: b, step_type: noop, depends_on: [a], parameters: {{message: "{expression}"}}}}',
    )
    return [
        p.partition(" ")[0] + " " + p.split(" ", 2)[2] for p in problems_in(text + SURROUNDINGS, **around)
    ]


@pytest.mark.parametrize(
    "expression",
    [
        "{{ a.output.message }}", "{{ a.output }} {{ a.status }} {{ a.error }} {{ a.duration_ms }} {{ a.attempts }}", "{{ a }}",
        "{{ steps['a'].output.values.x }}", "{{ steps.a.output }}", "{{ bucket }} {{ context.bucket }} {{ inputs.region }}",
        "{{ config.fail_fast }} {{ config.colour }} {{ mission.name }} {{ run.id }} {{ timestamp }} {{ env.HOME }}",
        "{{ nosuch | default('x') }}", "{{ 1 if nosuch is defined else 2 }}", "{{ inputs.nosuch | d(1) }}", "plain }} text {", "{{ '{{' }}",
        "{{ a.output.values | length }}",
    ],
)  # fmt: skip
def test_what_is_there_may_be_read(expression: str) -> None:
    assert problem_with(expression) == []


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("{{ nosuch }}", "RC302 unknown name 'nosuch'"),
        ("{{ region }}", "RC302 unknown name 'region'"),
        ("{{ steps['x'].output }}", "RC302 unknown step 'x'"),
        ("{{ inputs.regoin }}", "RC303 unknown input 'regoin'"),
        ("{{ context.bukket }}", "RC303 unknown variable 'bukket'"),
        ("{{ config.colr }}", "RC303 unknown key of config 'colr'"),
        ("{{ mission.title }}", "RC303 unknown key of mission 'title'"),
        ("{{ run.name }}", "RC303 unknown key 'name' of run"),
        ("{{ free.output }}", "RC304 step 'b' reads 'free', which may not have ended by then"),
        ("{{ b.output }}", "RC304 step 'b' cannot read itself"),
        ("{{ a.outputs }}", "RC305 step 'a' has no field 'outputs'"),
        ("{{ a.items }}", "RC305 step 'a' has no field 'items'"),
        ("{{ a.output.mesage }}", "RC305 the output of step 'a' has no field 'mesage'"),
        ("{{ secrets.token }}", "RC306 the secret 'token' could be seen here"),
        ("{{ item }}", "RC307 'item' has no meaning here: it belongs to foreach"),
        ("{{ previous }}", "RC307 'previous' has no meaning here: it belongs to repeat"),
        ("{{ output.x }}", "RC307 'output' has no meaning here: it belongs to until and expect"),
        ("{{ run.status }}", "RC307 'run.status' has no meaning here: it belongs to finally"),
        ("{{ env }}", "RC308 'env' is read one name at a time, written out"),
        ("{{ steps }}", "RC308 'steps' is read one name at a time, written out"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_told(expression: str, problem: str) -> None:
    assert problem_with(expression) == [problem]


def test_an_expression_that_is_none_is_told_where_it_stands() -> None:
    (problem,) = problems_in(steps("{id: a, step_type: noop, parameters: {message: 'x {{ 1 + }}'}}"))
    assert problem.startswith("RC301 4:5")


def test_problems_point_at_the_expression() -> None:
    text = steps("{id: a, step_type: noop, parameters: {message: 'one {{ two }} {{ three.x }}'}}")
    assert [p[:10] for p in problems_in(text)] == ["RC302 4:60", "RC302 4:70"]


def test_an_unknown_name_says_how_to_give_it() -> None:
    (problem,) = built(steps("{id: a, step_type: noop, parameters: {message: '{{ who }}'}}")).problems
    assert problem.help == "declare it in variables, pass --var who=…, or give it a value with default(…)"
    assert problem_with("{{ who }}", variables=("who",)) == []


def test_a_bare_input_is_called_by_its_full_name() -> None:
    text = steps("{id: a, step_type: noop, parameters: {message: '{{ n }}'}}") + "inputs: {n: {type: string}}"
    assert [p.suggestion for p in built(text).problems] == ["inputs.n"]


def test_an_id_with_a_dash_is_read_in_brackets() -> None:
    text = steps(
        "{id: my-id, step_type: noop}",
        "{id: b, step_type: noop, depends_on: [my-id], parameters: {message: '{{ my-id.output.message }}'}}",
    )
    first = built(text).problems[0]
    assert first.help == "write steps['my-id'] for an id with a dash"
    assert problems_in(text.replace("my-id.output", 'steps["my-id"].output')) == []


def test_ancestors_may_be_read_through_others() -> None:
    text = steps(
        "{id: a, step_type: noop}",
        "{id: b, step_type: noop, depends_on: [a]}",
        "{id: c, step_type: noop, depends_on: [b], parameters: {message: '{{ a.output.message }}'}}",
    )
    assert problems_in(text) == []


def test_a_misspelt_dependency_is_told_once() -> None:
    text = steps(
        "{id: start, step_type: noop}",
        "{id: build, step_type: noop, depends_on: [start]}",
        "{id: other, step_type: noop}",
        '{id: b, step_type: noop, depends_on: [biuld], parameters: {message: "{{ build.output }}"}}',
        '{id: c, step_type: noop, depends_on: [b], parameters: {message: "{{ build.output }}{{ other.output }}"}}',
    )
    told = [problem.partition(" ")[0] for problem in problems_in(text)]
    assert told == ["RC104", "RC304"]


def test_names_of_loops_are_known_where_they_belong() -> None:
    text = steps(
        "{id: a, step_type: noop, foreach: [1], parameters: {message: '{{ item }} {{ index }}'}}",
        "{id: b, step_type: noop, repeat: {until: output.message == 'x', max: 2}, parameters: {message: '{{ previous }}'}}",
        "{id: c, step_type: noop, expect: output.message != '', foreach: '{{ [1, 2] }}', env: {A: '{{ item }}'}}",
    )
    assert problems_in(text) == []
    assert [
        p[:10] for p in problems_in(steps("{id: a, step_type: noop, foreach: [1], when: item == 1}"))
    ] == ["RC307 4:50"]


def test_fields_of_a_foreach_are_those_of_its_items() -> None:
    def reading(expression: str) -> list[str]:
        each = "{id: each, step_type: noop, foreach: [1]}"
        reader = f"{{id: r, step_type: noop, depends_on: [each], parameters: {{message: '{{{{ {expression} }}}}'}}}}"
        return [p[:5] for p in problems_in(steps(each, reader))]

    assert (
        reading("each.output[0].message")
        == reading("each.items[0].output")
        == reading("each.output | length")
        == []
    )
    assert reading("each.output[0].mesage") == ["RC305"]


def test_an_open_output_may_have_any_field() -> None:
    text = steps(
        "{id: a, step_type: hook, parameters: {target: x}}",
        "{id: b, step_type: noop, depends_on: [a], parameters: {message: '{{ a.output.anything }}'}}",
    )
    assert problems_in(text) == []


def test_finally_may_read_every_step_and_how_the_run_stands() -> None:
    text = steps("{id: a, step_type: noop}") + (
        "finally:\n  - {id: z, step_type: noop, parameters: {message: '{{ a.status }} {{ run.status }} {{ run.failed }}'}}\n"
    )
    assert problems_in(text) == []
    assert [
        p[:5] for p in problems_in(text.replace("a.status", "y.status") + "  - {id: y, step_type: noop}\n")
    ] == ["RC304"]
    backwards = text.replace(
        "step_type: noop}", "step_type: noop, parameters: {message: '{{ z.status }}'}}", 1
    )
    assert [p[:5] for p in problems_in(backwards)] == ["RC304"]


@pytest.mark.parametrize(
    ("place", "allowed"),
    [
        ("env: {T: '{{ secrets.token }}'}, parameters: {path: x}", True),
        ("parameters: {path: x, headers: {A: 'Bearer {{ secrets.token }}'}}", True),
        ("parameters: {path: x, login: {user: u, password: '{{ secrets.token }}'}}", True),
        ("parameters: {path: x, login: {user: '{{ secrets.token }}', password: p}}", False),
        ("parameters: {path: x, args: ['{{ secrets.token }}']}", False),
        ("parameters: {file_name: '{{ secrets.token }}'}", False),
        ("parameters: {path: x, url: '{{ secrets.token.path }}'}", False),
        ("when: secrets.token == 'x', parameters: {path: x}", False),
    ],
)  # fmt: skip
def test_secrets_go_only_where_they_are_taken(place: str, allowed: bool) -> None:
    codes = [p[:5] for p in problems_in(steps(f"{{id: a, step_type: probe, {place}}}") + SURROUNDINGS)]
    assert codes == ([] if allowed else ["RC306"])


def test_connections_outputs_and_locks_are_checked_too() -> None:
    text = steps("{id: a, step_type: noop}") + (
        "secrets: {pg: {from: env:PG}}\n"
        "config: {connections: {db: {url: '{{ secrets.pg }}{{ env.PGHOST }}'}}, lock: {key: 'x{{ nosuch }}'}}\n"
        "outputs: {total: ['{{ a.output.nosuch }}'], run: '{{ secrets.pg }}'}\n"
    )
    assert [p[:5] for p in problems_in(text)] == ["RC302", "RC305", "RC306"]


@pytest.mark.parametrize(
    ("key", "secret"),
    [
        ("{{ inputs.pin }}", True),
        ("{{ inputs }}", True),
        ("{{ inputs.pin | default(1) }}", True),
        ("{{ env.API_KEY }}", True),
        ("{{ inputs.who }}{{ env.HOME }}", False),
    ],
)
def test_a_locks_key_is_shown_and_takes_no_secrets(key: str, secret: bool) -> None:
    text = steps("{id: a, step_type: noop, parameters: {message: '{{ inputs.pin }}'}}") + (
        "inputs: {pin: {type: string, secret: true}, who: {type: string}}\n"
        f"config: {{lock: {{key: '{key}'}}}}\n"
    )
    assert [p[:5] for p in problems_in(text)] == (["RC306"] if secret else [])


def test_environment_variables_that_are_named_are_listed_once() -> None:
    plan = plan_of(
        steps("{id: a, step_type: noop, when: env.B == env.A, parameters: {message: '{{ env.B }}'}}")
    )
    assert set(plan.env_names) == {"A", "B"}
    assert len(plan.env_names) == 2


def test_with_undefined_kept_unknown_names_are_warnings() -> None:
    text = (
        steps("{id: a, step_type: noop, parameters: {message: '{{ nosuch }}'}}") + "config: {undefined: keep}"
    )
    result = built(text)
    assert result.plan is not None
    assert [p.warning for p in result.problems] == [True]


def test_a_list_of_foreach_holds_no_expressions() -> None:
    assert [p[:10] for p in problems_in(steps("{id: a, step_type: noop, foreach: [1, '{{ x }}']}"))] == [
        "RC309 4:43"
    ]


def test_what_is_read_before_anything_runs_reads_no_step() -> None:
    text = steps("{id: a, step_type: noop}") + "config: {lock: {key: '{{ a.status }}'}}\n"
    assert problems_in(text) == ["RC307 5:26 step 'a' cannot be read here: it has not run yet"]


def test_a_secret_has_no_fields_but_its_file() -> None:
    text = steps("{id: a, step_type: noop, env: {A: '{{ secrets.token.x }}', B: '{{ secrets.token.path }}'}}")
    assert [p.split(" ", 2)[2] for p in problems_in(text + SURROUNDINGS)] == [
        "a secret has no field 'x'; only 'path', a private file that holds it"
    ]
