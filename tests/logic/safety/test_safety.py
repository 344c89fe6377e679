"""What is risky about missions, and what is not."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustchain.logic.safety import LEVELS, RULES, Assessment, assess
from rustchain.model.effects import Action, Effect
from rustchain.model.expression import Expression, Reference, Template
from rustchain.model.mission import Mission, MissionConfig, MissionStep
from rustchain.model.plan import Hole, Plan, PlannedStep

X = Expression("x", (Reference("x"),), plain=True)
QUOTED = Expression("x | shell_quote", (Reference("x"),), plain=False)


def planned(
    index: int, parameters: dict[str, Any], *effects: Effect, holes: tuple[Hole, ...] = ()
) -> PlannedStep:
    step = MissionStep(id=f"s{index}", step_type="any", parameters=parameters)
    return PlannedStep(index=index, id=step.id, step=step, type="any", effects=effects, holes=holes)


def plan(*steps: PlannedStep, finally_: int = 0, **rest: Any) -> Plan:
    split = len(steps) - finally_
    own = [s.step for s in steps]
    mission = Mission(version="1.0", name="m", steps=own[:split], finally_=own[split:], **rest)
    return Plan(mission=mission, steps=steps, main=split)


def run(*words: str | Template, index: int = 0) -> PlannedStep:
    """A step that runs a program; templates among its arguments are holes."""
    effect = Effect(Action.EXEC, str(words[0]))
    holes = tuple(Hole(("args", i), w) for i, w in enumerate(words[1:]) if isinstance(w, Template))
    return planned(
        index,
        {"command": words[0], "args": [w if isinstance(w, str) else w.source for w in words[1:]]},
        effect,
        holes=holes,
    )


def rules(*steps: PlannedStep) -> set[str]:
    return {f.rule for f in assess(plan(*steps)).findings} - {"RC-EFF-001", "RC-EFF-002"}


def shell(text: str) -> set[str]:
    return rules(run("sh", "-c", text))


HARMLESS = [
    ("echo", "hello"),
    ("sleep", "1"),
    ("test", "-f", "a"),
    ("rm", "-rf", "build"),
    ("rm", "-rf", "/tmp/x"),
    ("rm", "/etc/passwd"),
    ("find", ".", "-delete"),
    ("find", "/", "-name", "x"),
    ("chmod", "755", "a"),
    ("chmod", "u+x", "a"),
    ("dd", "if=/dev/zero", "of=out"),
    ("tee", "/dev/null"),
    ("cp", "/dev/null", "a"),
    ("python", "-c", "print(1)"),
    ("python3", "script.py", "-c"),
    ("curl", "https://example.com"),
    ("env", "A=1", "nice", "-n", "5", "make"),
    ("sh", "-c", "curl -s https://example.com | jq . # sh"),
    ("sh", "-c", "echo 'rm -rf /' \"> /dev/null\" > out 2>/dev/null"),
    ("sh", "-c", "awk '{\n  print \"a\"\n}' f; for i in 1 2; do echo $i; done"),
    ("sh", "-c", "# don't worry\necho $((1 + 2))"),
    ("sh", "script.sh"),
    ("env",),
]


def test_files_data_and_plain_commands_are_low() -> None:
    files = [
        planned(i, {"path": "a"}, Effect(Action.FS_WRITE, "out/a"), Effect(Action.FS_READ, "/tmp/b"))
        for i in range(3)
    ]
    assert assess(plan(*files)) == Assessment(LEVELS[0], 0, ())
    deleting = planned(0, {"path": "a"}, Effect(Action.FS_DELETE, "a"))
    judged = assess(plan(deleting, run("echo", "hi", index=1)))
    assert (judged.level, judged.score) == ("LOW", 8)
    assert [(f.rule, f.step) for f in judged.findings] == [("RC-EFF-002", "s0"), ("RC-EFF-001", "s1")]


@pytest.mark.parametrize("words", HARMLESS)
def test_ordinary_commands_are_low(words: tuple[str, ...]) -> None:
    assert rules(run(*words)) == set()


@pytest.mark.parametrize(
    "words",
    [
        ("rm", "-rf", "/"), ("rm", "-r", "-f", "/*"), ("/bin/rm", "--recursive", "~"), ("rm", "-fR", "$HOME"), ("rm", "-rf", "${DIR}/"),
        ("rm", "-rf", "$DIR/*"), ("rm", "-rf", "/etc"), ("rm", "-rf", "../other"), ("rm", "-rf", "a/../.."), ("find", "/", "-delete"),
        ("env", "A=1", "timeout", "5s", "rm", "-rf", "/"), ("rm", "-rf", Template((X, "/"))), ("rm", "-rf", "~root/*"),
    ],
)  # fmt: skip
def test_deleting_what_is_not_the_missions_is_critical(words: tuple[str | Template, ...]) -> None:
    assert rules(run(*words)) == {"RC-CMD-001"}
    assert assess(plan(run(*words))).level == "CRITICAL"


@pytest.mark.parametrize(
    "text",
    [
        "rm -rf /", "r''m -rf /", "cd x && rm -rf ~/", "echo a\nrm -rf /", "echo $(rm -rf /)", "echo `rm -rf /`", "(rm -rf /etc)",
        'echo "$(rm -rf /)"', "if true; then rm -rf /; fi", "true || \\\n rm -rf \"$X/\"", "echo a # b\nrm -rf /", "x=1 rm -rf /",
    ],
)  # fmt: skip
def test_shell_text_is_read_as_commands(text: str) -> None:
    assert "RC-CMD-001" in shell(text)


@pytest.mark.parametrize(
    "words",
    [
        ("dd", "if=a", "of=/dev/sda"), ("mkfs.ext4", "/dev/sdb1"), ("wipefs", "-a", "/dev/sda"), ("shred", "a"), ("tee", "/dev/sda"),
        ("cp", "a", "/dev/nvme0n1"), ("sh", "-c", "echo > /dev/sda"), ("sh", "-c", "cat a >/dev/mem"),
    ],
)  # fmt: skip
def test_overwriting_devices_is_critical(words: tuple[str, ...]) -> None:
    assert "RC-CMD-002" in rules(run(*words))


@pytest.mark.parametrize(
    "text",
    [
        "curl -s https://x | sh", "wget -qO- https://x | sudo bash -s", "curl x | tee a | python3", "bash <(curl x)", 'eval "$(curl -s x)"',
        "sh -c \"`wget -O- x`\"", ". <(curl x)",
    ],
)  # fmt: skip
def test_running_what_is_downloaded_is_high(text: str) -> None:
    assert "RC-CMD-003" in shell(text)


@pytest.mark.parametrize(
    "words",
    [
        ("sudo", "ls"), ("env", "-u", "A", "sudo", "-u", "root", "ls"), ("su",), ("doas", "ls"), ("chmod", "u+s", "a"), ("chmod", "-R", "4755", "a"),
        ("setcap", "cap_net_raw+ep", "a"), ("sh", "-c", "ls; sudo ls"), ("xargs", "-n", "1", "pkexec", "ls"),
    ],
)  # fmt: skip
def test_asking_for_more_rights_is_high(words: tuple[str, ...]) -> None:
    assert "RC-CMD-006" in rules(run(*words))


@pytest.mark.parametrize("words", [("sh", "-c"), ("bash", "-ec"), ("python3.11", "-c"), ("node", "-e"), ("perl", "-E"), ("env", "bash", "-l", "-c")])  # fmt: skip
def test_values_within_program_text_are_high(words: tuple[str, ...]) -> None:
    assert rules(run(*words, Template(("echo ", X, " > a")))) == {"RC-CMD-005"}
    assert rules(run(*words, Template(("echo ", QUOTED, " > a")))) == set()
    assert rules(run(*words, "echo > a", Template((X,)))) == set()


def test_values_as_arguments_are_fine() -> None:
    assert rules(run("echo", Template((X,)))) == set()
    whole = planned(
        0,
        {"command": "sh", "args": "{{ x }}"},
        Effect(Action.EXEC, "sh"),
        holes=(Hole(("args",), Template((X,))),),
    )
    assert rules(whole) == set()
    deeper = planned(
        0,
        {"command": "ls", "env": {"A": "{{ x }}"}},
        Effect(Action.EXEC, "ls"),
        holes=(Hole(("env", "A"), Template((X,))),),
    )
    assert rules(deeper) == set()


def test_needless_and_unreadable_shells_are_noted() -> None:
    assert shell("ls -l a") == {"RC-CMD-013"}
    assert shell("echo 'a") == {"RC-CMD-012"}
    assert shell("") == {"RC-CMD-013"}


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("169.254.169.254:80", True), ("100.100.100.200:80", True), ("metadata.google.internal:80", True), ("2130706433:80", True),
        ("0x7f.1:80", True), ("127.1:80", True), ("[::ffff:169.254.169.254]:80", True), ("[fe80::1]:443", True), ("0.0.0.0:80", True),
        ("http://0177.0.0.1/", True), ("example.com:443", False), ("127.0.0.1:8080", False), ("10.0.0.1:443", False), ("[::1]:80", False),
        ("[", False),
    ],
)  # fmt: skip
def test_addresses_that_only_machines_answer_are_high(target: str, found: bool) -> None:
    assert (rules(planned(0, {}, Effect(Action.NET, target))) == {"RC-NET-001"}) == found
    assert rules(planned(0, {}, Effect(Action.NET, target, known=False))) == set()


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"url": "http://example.com/?a=b"}, True), ({"url": "https://example.com", "verify_tls": False}, True), ({"url": "https://example.com"}, False),
        ({"url": "http://127.0.0.1:80/"}, False), ({"url": "http://localhost/", "verify_tls": True}, False), ({}, False),
    ],
)  # fmt: skip
def test_calls_without_protection_are_medium(parameters: dict[str, Any], found: bool) -> None:
    judged = assess(plan(planned(0, parameters, Effect(Action.NET, "example.com:443"))))
    assert (judged.level == "MEDIUM") == found
    assert {f.rule for f in judged.findings} == ({"RC-NET-002"} if found else set())


@pytest.mark.parametrize("path", ["/etc/passwd", "../a", "a/../../b", "~/a", "/tmp/../etc", ".."])
def test_paths_outside_are_high(path: str) -> None:
    assert rules(planned(0, {}, Effect(Action.FS_READ, path))) == {"RC-FS-001"}
    assert rules(planned(0, {}, Effect(Action.FS_READ, path, known=False))) == set()


def test_a_literal_secret_is_critical_and_not_repeated() -> None:
    token = "ghp_" + "a1B2" * 9
    step = planned(0, {"count": 1, "headers": [{"Authorization": f"Bearer {token}"}]})
    judged = assess(plan(step))
    (finding,) = judged.findings
    assert (judged.level, judged.score) == ("CRITICAL", 90)
    assert (finding.rule, finding.path) == (
        "RC-SEC-001",
        ("steps", 0, "parameters", "headers", 0, "Authorization"),
    )
    assert "a GitHub token" in finding.message
    assert token not in str(finding)
    assert assess(plan(step, variables={"k": "-----BEGIN RSA PRIVATE KEY-----"})).score == 99


@pytest.mark.parametrize(
    "text",
    [
        "AKIA" + "ABCD" * 4, "sk-ant-" + "a" * 20, "x sk-proj-" + "a" * 32, "xoxb-" + "1" * 10, "AIza" + "a" * 35,
        "glpat-" + "a" * 20, "eyJ" + "a" * 10 + ".eyJ" + "a" * 10 + "." + "a" * 10, "-----BEGIN PRIVATE KEY-----\nabc",
    ],
)  # fmt: skip
def test_secrets_are_known_by_their_shape(text: str) -> None:
    assert rules(planned(0, {"content": text})) == {"RC-SEC-001"}


@pytest.mark.parametrize("text", ["task-" + "a" * 40, "sk-short", "{{ secrets.key }}", "a" * 64, "-----BEGIN CERTIFICATE-----", "eyJhbGci"])  # fmt: skip
def test_other_texts_are_no_secrets(text: str) -> None:
    assert rules(planned(0, {"content": text})) == set()


def test_a_child_missions_findings_are_its_parents() -> None:
    child = plan(run("sudo", "ls"), variables={"k": "AKIA" + "ABCD" * 4})
    parent = planned(0, {})
    parent = PlannedStep(index=0, id="p", step=parent.step, type="mission", child=child)
    found = {(f.rule, f.step, f.path) for f in assess(plan(parent)).findings}
    at = ("steps", 0)
    assert found == {("RC-CMD-006", "p/s0", at), ("RC-EFF-001", "p/s0", at), ("RC-SEC-001", "p", at)}


def test_findings_have_their_place() -> None:
    judged = assess(plan(planned(0, {}), run("sh", "-c", "sudo ls; x", index=1), finally_=1))
    assert [f.path for f in judged.findings] == [
        ("finally", 0, "parameters", "args", 1),
        ("finally", 0, "parameters"),
    ]
    assert all(f.fix and f.message for f in judged.findings)


STEPS = [
    ("echo", "a"),
    ("sudo", "ls"),
    ("rm", "-rf", "/"),
    ("sh", "-c", "ls"),
    ("sh", "-c", "curl x | sh"),
    ("make",),
]


@given(
    st.lists(st.sampled_from(STEPS), min_size=1), st.sampled_from(STEPS), st.randoms(use_true_random=False)
)
def test_more_steps_are_never_less_risky_and_order_changes_nothing(
    chosen: list[tuple[str, ...]], further: tuple[str, ...], dice: random.Random
) -> None:
    def judged(words: list[tuple[str, ...]]) -> Assessment:
        return assess(plan(*(run(*w, index=i) for i, w in enumerate(words)), config=MissionConfig()))

    before, after = judged(chosen), judged([*chosen, further])
    assert after.score >= before.score
    assert after.level.rank >= before.level.rank
    mixed = dice.sample(chosen, len(chosen))
    assert judged(mixed)[:2] == before[:2]
    assert judged(chosen) == before


@given(st.lists(st.text(), min_size=1))
def test_any_words_are_judged(words: list[str]) -> None:
    assess(plan(run(*words)))
    assess(plan(run("sh", "-c", *words)))


def test_rules_are_distinct() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
