"""edit_file changes a file as a whole, or not at all."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.folders import tree
from harness.steps import StepContext, ran, run_step
from rustchain.catalogue import Catalogue
from rustchain.model.effects import Action, Effect
from rustchain.model.errors import StepFailed, Stopped
from rustchain.model.failures import Failure
from rustchain.stepkit import Unknown

BEFORE = "one two\ntwo three\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "f").write_text(BEFORE)
    return tmp_path


def edit(folder: Path, *replace: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    return run_step("edit_file", {"path": "f", "replace": [*replace], **parameters}, folder)


def failure(folder: Path, *replace: dict[str, Any], **parameters: Any) -> StepFailed:
    with pytest.raises(StepFailed) as caught:
        edit(folder, *replace, **parameters)
    assert own(folder) == {"f": BEFORE}
    return caught.value


def own(folder: Path) -> dict[str, str]:
    return {path: text for path, text in tree(folder).items() if not path.startswith(".rustchain")}


def test_a_text_is_replaced_everywhere_or_count_times(folder: Path) -> None:
    assert edit(folder, {"find": "two", "with": "2"}) == {
        "path": "f", "size": 14, "modified": True, "changes": 2, "backup_path": None,
    }  # fmt: skip
    edit(folder, {"find": "2", "with": "two", "count": 1})
    assert own(folder) == {"f": "one two\n2 three\n"}


def test_replacements_are_made_one_after_another(folder: Path) -> None:
    output = edit(folder, {"find": "one", "with": "two"}, {"find": "two", "with": "x", "count": 2})
    assert output["changes"] == 3
    assert own(folder) == {"f": "x x\ntwo three\n"}


def test_a_regular_expression_may_refer_to_its_groups(folder: Path) -> None:
    edit(folder, {"find": r"(?m)^(\w+) (\w+)$", "with": r"\2 \g<1>", "regex": True})
    assert own(folder) == {"f": "two one\nthree two\n"}
    edit(folder, {"find": r"(?P<word>th\w+)", "with": r"\g<word>: é\\", "regex": True, "count": 1})
    assert own(folder) == {"f": "two one\nthree: é\\ two\n"}


def test_plain_text_is_no_regular_expression(folder: Path) -> None:
    assert failure(folder, {"find": "o.e", "with": ""}).kind is Failure.NOT_FOUND
    edit(folder, {"find": "one", "with": r"\1"})
    assert own(folder) == {"f": "\\1 two\ntwo three\n"}


def test_a_find_without_a_match_fails_and_nothing_is_written(folder: Path) -> None:
    failed = failure(folder, {"find": "one", "with": "1"}, {"find": "four", "with": "4"})
    assert failed.kind is Failure.NOT_FOUND
    assert str(failed) == "replace[1]: 'four' is nowhere in 'f'; `allow_no_match` bears that"


def test_allow_no_match_bears_it_and_says_that_nothing_changed(folder: Path) -> None:
    output = edit(folder, {"find": "four", "with": "4"}, allow_no_match=True)
    assert (output["modified"], output["changes"]) == (False, 0)


def test_content_replaces_or_is_added_after_the_replacements(folder: Path) -> None:
    edit(folder, {"find": "three", "with": "3"}, content="four\n", append=True)
    assert own(folder) == {"f": "one two\ntwo 3\nfour\n"}
    output = edit(folder, content="new")
    assert (output["size"], output["changes"]) == (3, 1)
    assert own(folder) == {"f": "new"}


def test_a_backup_has_the_old_content(folder: Path) -> None:
    assert edit(folder, content="new", backup=True)["backup_path"] == "f.bak"
    assert own(folder) == {"f": "new", "f.bak": BEFORE}


def test_other_encodings_are_kept(folder: Path) -> None:
    (folder / "f").write_bytes("größe\n".encode("utf-16"))
    edit(folder, {"find": "ö", "with": "o"}, content="ß", append=True, encoding="utf-16")
    assert (folder / "f").read_bytes() == "große\nß".encode("utf-16")


def test_line_ends_stay_as_they_are(folder: Path) -> None:
    (folder / "f").write_bytes(b"a\r\nb\nc\r")
    edit(folder, {"find": "b", "with": "B"})
    assert (folder / "f").read_bytes() == b"a\r\nB\nc\r"


@pytest.mark.parametrize(
    ("parameters", "kind"),
    [
        ({"content": "€", "encoding": "latin-1"}, Failure.INVALID_DATA),
        ({"path": "none", "content": "x"}, Failure.NOT_FOUND),
        ({"path": "../f", "content": "x"}, Failure.POLICY_DENIED),
    ],
)
def test_a_change_that_makes_no_sense_fails(folder: Path, parameters: dict[str, Any], kind: Failure) -> None:
    assert failure(folder, **parameters).kind is kind


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"content": "x", "replace": [{"find": "one", "with": "1"}]},
        {"replace": [{"find": "(", "with": "", "regex": True}]},
        {"replace": [{"find": "(?<=o)ne", "with": "", "regex": True}]},
        {"replace": [{"find": "(one)", "with": r"\2", "regex": True}]},
        {"replace": [{"find": "", "with": "x"}]},
        {"replace": [{"find": "x"}]},
        {"content": "x", "encoding": "none"},
    ],
)
def test_parameters_that_make_no_sense_are_refused_before_anything_runs(
    folder: Path, parameters: dict[str, Any]
) -> None:
    with pytest.raises(msgspec.ValidationError):
        edit(folder, **parameters)


def test_a_file_that_is_not_text_fails_with_the_place(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"ab\xff")
    with pytest.raises(StepFailed, match="byte 2 is 0xff"):
        edit(tmp_path, {"find": "a", "with": "b"})


def test_an_edit_can_be_stopped_between_two_places(folder: Path) -> None:
    class Stopping(StepContext):
        places = 0

        def check(self) -> None:
            self.places += 1
            if self.places == 1000:
                raise Stopped

    (folder / "f").write_text("a" * 2000)
    with pytest.raises(Stopped):
        ran(
            "edit_file",
            {"path": "f", "replace": [{"find": "a", "with": "b", "regex": True}]},
            folder,
            Stopping,
        )
    assert own(folder) == {"f": "a" * 2000}


def test_half_a_surrogate_pair_is_no_text_to_search(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"a+2AA-")
    with pytest.raises(StepFailed, match="surrogates not allowed") as caught:
        edit(tmp_path, {"find": "a", "with": "b", "regex": True}, encoding="utf-7")
    assert caught.value.kind is Failure.INVALID_DATA


def test_an_undo_restores_file_and_backup(folder: Path) -> None:
    (folder / "f.bak").write_text("older")
    ran("edit_file", {"path": "f", "content": "new", "backup": True}, folder).undo()
    assert own(folder) == {"f": BEFORE, "f.bak": "older"}


def test_an_undo_of_no_change_changes_nothing(folder: Path) -> None:
    done = ran("edit_file", {"path": "f", "content": BEFORE}, folder)
    (folder / "f").write_text("somebody else")
    done.undo()
    assert own(folder) == {"f": "somebody else"}


@pytest.mark.parametrize(
    ("parameters", "repeatable"),
    [
        ({"content": "x"}, True),
        ({"content": "x", "append": True}, False),
        ({"replace": [{"find": "a", "with": "aa"}]}, False),
        ({"content": "x", "backup": True}, False),
        ({"content": "x", "append": Unknown("{{ x }}")}, None),
        ({"append": Unknown("{{ x }}"), "backup": True}, False),
    ],
)
def test_only_new_content_may_be_written_twice(parameters: dict[str, Any], repeatable: bool | None) -> None:
    idempotent = Catalogue()["edit_file"].idempotent
    assert callable(idempotent)
    assert idempotent({"path": "f", **parameters}) is repeatable


def test_the_backup_is_among_the_effects() -> None:
    effects = Catalogue()["edit_file"].effects
    assert list(effects({"path": "f"})) == [Effect(Action.FS_READ, "f"), Effect(Action.FS_WRITE, "f")]
    assert Effect(Action.FS_WRITE, "f.bak") in list(effects({"path": "f", "backup": True}))
    assert Effect(Action.FS_WRITE, "{{ p }}.bak", known=False) in list(
        effects({"path": Unknown("{{ p }}"), "backup": Unknown("{{ b }}")})
    )
