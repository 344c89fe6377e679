"""compress makes archives that other programs read, and unpacks those of strangers without harm."""

import gzip
import io
import stat
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.folders import tree
from harness.steps import StepContext, ran, run_step
from rustchain.model.errors import StepFailed, Stopped
from rustchain.model.failures import Failure
from rustchain.steps.system._unpacking import Limits, Unpacking
from rustchain.steps.system.compress import Compress

FORMATS = ["tar", "tar.gz", "tar.zst", "zip"]
TESTS = str(Path(__file__).parents[2])
Change = Callable[[tarfile.TarInfo], object]


def own(folder: Path) -> dict[str, str]:
    return {path: text for path, text in tree(folder).items() if not path.startswith(".rustchain")}


def pack(folder: Path, source: str, destination: str, **more: Any) -> dict[str, Any]:
    return run_step("compress", {"source": source, "destination": destination, **more}, folder)


def extract(folder: Path, source: str, destination: str = "out", **more: Any) -> dict[str, Any]:
    return pack(folder, source, destination, operation="extract", **more)


def refused(folder: Path, source: str, destination: str = "out", **more: Any) -> StepFailed:
    before = own(folder)
    with pytest.raises(StepFailed) as caught:
        extract(folder, source, destination, **more)
    assert own(folder) == before
    return caught.value


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "d/e/empty").mkdir(parents=True)
    (tmp_path / "d/e/run").write_text("#!/bin/sh\n")
    (tmp_path / "d/e/run").chmod(0o750)
    (tmp_path / "d/a").write_text("a" * 10_000)
    (tmp_path / "d/link").symlink_to("e/run")
    (tmp_path / "d/e/up").symlink_to("../a")
    return tmp_path


def tar_of(path: Path, *changes: Change, data: bytes = b"x") -> None:
    """A tar with one entry for each change of a plain one."""
    with tarfile.open(path, "w") as tar:
        for change in changes:
            info = tarfile.TarInfo("f")
            info.size = len(data)
            change(info)
            tar.addfile(info, io.BytesIO(data) if info.isreg() else None)


def unpacked(folder: Path, source: str, format: Any, limits: Limits) -> None:
    files = StepContext("compress", folder).files
    with (folder / source).open("rb") as archive:
        Unpacking(files, 1000, limits).unpack(archive, format, "out")


def named(name: str, **more: Any) -> Change:
    return lambda info: [setattr(info, key, value) for key, value in {"name": name, **more}.items()]


# Packing


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_packed_comes_out_again(folder: Path, format: str) -> None:
    packed = pack(folder, "d", f"d.{format}")
    size = (folder / f"d.{format}").stat().st_size
    assert packed == {
        "source": "d", "destination": f"d.{format}", "format": format, "size": size, "files": 4,
        "ratio": round(size / 10_010, 4),
    }  # fmt: skip
    assert extract(folder, f"d.{format}") == {
        "source": f"d.{format}", "destination": "out", "format": format, "size": 10_010, "files": 4,
        "ratio": round(size / 10_010, 4),
    }  # fmt: skip
    assert tree(folder / "out") == tree(folder / "d")
    assert stat.S_IMODE((folder / "out/e/run").stat().st_mode) == 0o750


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_content_makes_the_same_archive(folder: Path, format: str) -> None:
    pack(folder, "d", f"1.{format}")
    pack(folder, "d", f"2.{format}")
    assert (folder / f"1.{format}").read_bytes() == (folder / f"2.{format}").read_bytes()


@pytest.mark.parametrize(
    ("name", "listing"),
    [
        ("d.tar", ["tar", "-tf"]),
        ("d.tgz", ["tar", "-tzf"]),
        ("d.zip", ["python3", "-m", "zipfile", "-l"]),
    ],
)
def test_other_programs_read_it(folder: Path, name: str, listing: list[str]) -> None:
    pack(folder, "d", name)
    listed = subprocess.run([*listing, folder / name], check=True, capture_output=True, text=True).stdout
    names = [word for line in listed.splitlines() for word in line.split()[:1] if word != "File"]
    assert names == ["a", "e/", "e/empty/", "e/run", "e/up", "link"]


def test_times_and_permissions_are_kept_and_owners_are_not(folder: Path) -> None:
    pack(folder, "d", "d.tar")
    with tarfile.open(folder / "d.tar") as tar:
        info = tar.getmember("e/run")
    assert (info.mode, info.uid, info.gid, info.uname) == (0o750, 0, 0, "")
    assert info.mtime == int((folder / "d/e/run").stat().st_mtime)


def test_gz_holds_one_file(folder: Path) -> None:
    assert pack(folder, "d/a", "a.gz")["files"] == 1
    assert gzip.decompress((folder / "a.gz").read_bytes()) == b"a" * 10_000
    assert extract(folder, "a.gz", "b")["size"] == 10_000
    assert (folder / "b").read_text() == "a" * 10_000
    with pytest.raises(StepFailed, match="gz holds one file") as caught:
        pack(folder, "d", "d.gz")
    assert caught.value.kind is Failure.INVALID_PARAMETERS


def test_one_file_is_packed_by_its_own_name(folder: Path) -> None:
    pack(folder, "d/e/run", "run.zip")
    extract(folder, "run.zip")
    assert tree(folder / "out") == {"run": "#!/bin/sh\n"}


def test_an_archive_does_not_hold_itself(folder: Path) -> None:
    pack(folder, ".", "d/all.tar")
    pack(folder, ".", "d/all.tar")
    with tarfile.open(folder / "d/all.tar") as tar:
        assert tar.getnames() == ["d", "d/a", "d/e", "d/e/empty", "d/e/run", "d/e/up", "d/link"]


@pytest.mark.parametrize(("format", "fast", "small"), [("tar.gz", 0, 9), ("tar.zst", 1, 22), ("zip", 0, 9)])
def test_a_level_decides_between_time_and_size(folder: Path, format: str, fast: int, small: int) -> None:
    (folder / "d/a").write_text("".join(str(n * n) for n in range(20_000)))
    sizes = [pack(folder, "d", f"d.{format}", level=level)["size"] for level in (fast, small)]
    assert sizes[1] < sizes[0]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"destination": "d.rar"}, "tells no format"),
        ({"level": 3, "destination": "d.tar"}, "tar knows no level at all"),
        ({"level": 12}, "tar.gz knows 0 to 9"),
        ({"level": 1, "operation": "extract", "source": "d.zip"}, "for packing"),
        ({"format": "rar"}, "rar"),
    ],
)
def test_wrong_parameters_are_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=words):
        msgspec.convert({"source": "d", "destination": "d.tar.gz", **wrong}, Compress)


def test_what_is_not_there_cannot_be_packed(folder: Path) -> None:
    with pytest.raises(StepFailed) as caught:
        pack(folder, "gone", "gone.zip")
    assert caught.value.kind is Failure.NOT_FOUND


def test_a_name_that_a_zip_cannot_hold_fails_and_a_tar_holds_it(folder: Path) -> None:
    (folder / "d/\udcff").write_text("x")
    with pytest.raises(StepFailed, match="its name is no UTF-8") as caught:
        pack(folder, "d", "d.zip")
    assert caught.value.kind is Failure.INVALID_DATA
    assert not (folder / "d.zip").exists()
    pack(folder, "d", "d.tar")
    extract(folder, "d.tar")
    assert (folder / "out/\udcff").exists()


def test_undo_brings_back_what_was_there(folder: Path) -> None:
    (folder / "d.zip").write_text("old")
    packed = ran("compress", {"source": "d", "destination": "d.zip"}, folder)
    packed.undo()
    assert (folder / "d.zip").read_text() == "old"


# Unpacking


def test_a_folder_that_is_there_keeps_its_other_files(folder: Path) -> None:
    pack(folder, "d", "d.zip")
    (folder / "out/e").mkdir(parents=True)
    (folder / "out/e/own").write_text("stays")
    (folder / "out/a").write_text("goes")
    before = tree(folder / "out")
    unpacked = ran("compress", {"source": "d.zip", "destination": "out", "operation": "extract"}, folder)
    assert tree(folder / "out") == {**tree(folder / "d"), "e/own": "stays"}
    extract(folder, "d.zip")
    unpacked.undo()
    assert tree(folder / "out") == before


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (named("/etc/x"), Failure.POLICY_DENIED),
        (named("../x"), Failure.POLICY_DENIED),
        (named("a/../../x"), Failure.POLICY_DENIED),
        (named("a", type=tarfile.SYMTYPE, linkname="/etc"), Failure.POLICY_DENIED),
        (named("a", type=tarfile.SYMTYPE, linkname="../x"), Failure.POLICY_DENIED),
        (named("a/b", type=tarfile.SYMTYPE, linkname="../../x"), Failure.POLICY_DENIED),
        (named("a", type=tarfile.SYMTYPE, linkname="b/../../x"), Failure.POLICY_DENIED),
        (named("a", type=tarfile.LNKTYPE, linkname="f"), Failure.POLICY_DENIED),
        (named("a", type=tarfile.CHRTYPE), Failure.POLICY_DENIED),
        (named("a", type=tarfile.BLKTYPE), Failure.POLICY_DENIED),
        (named("a", type=tarfile.FIFOTYPE), Failure.POLICY_DENIED),
        (named("f"), Failure.INVALID_DATA),
        (named("./f"), Failure.INVALID_DATA),
        (named("f/g"), Failure.INVALID_DATA),
        (named("f", type=tarfile.DIRTYPE), Failure.INVALID_DATA),
    ],
)
def test_what_is_dangerous_in_a_tar_is_refused_and_nothing_stays(
    tmp_path: Path, change: Change, kind: Failure
) -> None:
    tar_of(tmp_path / "a.tar", named("f"), change)
    assert refused(tmp_path, "a.tar").kind is kind


def test_nothing_is_written_through_a_link_of_the_archive(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = named("a", type=tarfile.SYMTYPE, linkname="b", size=0)
    tar_of(tmp_path / "a.tar", link, named("a/x"))
    failed = refused(tmp_path, "a.tar")
    assert (failed.kind, failed.message) == (
        Failure.INVALID_DATA, "'a.tar': 'a' is a link in it, and a folder as well",
    )  # fmt: skip


def test_nothing_is_written_through_a_link_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a").symlink_to("../elsewhere")
    tar_of(tmp_path / "a.tar", named("a/x"))
    assert refused(tmp_path, "a.tar").kind is Failure.CONFLICT


def test_permissions_beyond_the_usual_are_not_taken(tmp_path: Path) -> None:
    tar_of(tmp_path / "a.tar", named("f", mode=0o4755))
    extract(tmp_path, "a.tar")
    assert stat.S_IMODE((tmp_path / "out/f").stat().st_mode) == 0o755


@pytest.mark.parametrize("name", ["../x", "/x"])
def test_a_zip_cannot_leave_either(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("f", "x")
        archive.writestr(name, "x")
    assert refused(tmp_path, "a.zip").kind is Failure.POLICY_DENIED


def test_a_zip_of_another_method_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("f", "x")
    assert "only stored and deflated are read" in refused(tmp_path, "a.zip").message


@pytest.mark.parametrize("format", ["tar.gz", "tar.zst", "zip", "gz"])
def test_a_bomb_is_stopped_by_what_really_comes_out(tmp_path: Path, format: str) -> None:
    zeros = tmp_path / "zeros"
    with zeros.open("wb") as file:
        file.truncate(100_000)
    pack(tmp_path, "zeros", f"bomb.{format}")
    zeros.unlink()
    with pytest.raises(StepFailed) as caught:
        unpacked(tmp_path, f"bomb.{format}", format, Limits(ratio=10, free=50_000))
    assert caught.value.kind is Failure.LIMIT


def test_a_real_bomb_leaves_nothing(tmp_path: Path) -> None:
    zeros = gzip.compress(bytes(70 << 20), 6)
    (tmp_path / "bomb.gz").write_bytes(zeros)
    failed = refused(tmp_path, "bomb.gz", "bomb")
    assert failed.kind is Failure.LIMIT
    assert failed.message == "'bomb.gz': more than 64 MiB come out of it, which is too much for its size"


def test_entries_are_counted(tmp_path: Path) -> None:
    tar_of(tmp_path / "a.tar", *(named(f"d{n}/f") for n in range(10)))
    with pytest.raises(StepFailed, match="more than 15 entries"):
        unpacked(tmp_path, "a.tar", "tar", Limits(entries=15))


def test_a_header_without_end_is_stopped_before_it_fills_the_memory(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz", format=tarfile.PAX_FORMAT) as tar:
        info = tarfile.TarInfo("f")
        info.pax_headers = {"comment": "x" * (5 << 20)}
        tar.addfile(info)
    assert refused(tmp_path, "a.tar.gz").kind is Failure.LIMIT


@pytest.mark.parametrize("format", ["tar.gz", "tar.zst", "zip", "gz"])
@pytest.mark.parametrize("keep", [0.1, 0.5, 0.99])
def test_an_archive_that_was_cut_short_fails_and_nothing_stays(
    folder: Path, format: str, keep: float
) -> None:
    pack(folder, "d/a" if format == "gz" else "d", f"d.{format}")
    data = (folder / f"d.{format}").read_bytes()
    (folder / f"d.{format}").write_bytes(data[: int(len(data) * keep)])
    assert refused(folder, f"d.{format}").kind is Failure.INVALID_DATA


def test_zstd_frames_one_after_the_other_are_one_content(folder: Path) -> None:
    pack(folder, "d", "d.tar")
    data = (folder / "d.tar").read_bytes()
    halves = (zstandard.compress(half) for half in (data[:700], data[700:]))
    (folder / "d.tar.zst").write_bytes(b"".join(halves))
    extract(folder, "d.tar.zst")
    assert tree(folder / "out") == tree(folder / "d")


def test_an_archive_of_another_format_is_no_bug(folder: Path) -> None:
    for format in [*FORMATS, "gz"]:
        failed = refused(folder, "d/a", format=format)
        assert failed.kind is Failure.INVALID_DATA
        assert failed.message.startswith("'d/a': it is damaged, or not of this format: ")


def test_a_stopped_step_leaves_the_folder_as_it_was(folder: Path) -> None:
    pack(folder, "d", "d.zip")
    (folder / "out").mkdir()
    (folder / "out/own").write_text("stays")

    class Stopping(StepContext):
        checks = 0

        def check(self) -> None:
            self.checks += 1
            if self.checks > 25:
                raise Stopped

    parameters = {"source": "d.zip", "destination": "out", "operation": "extract"}
    with pytest.raises(Stopped):
        ran("compress", parameters, folder, Stopping)
    assert tree(folder / "out") == {"own": "stays"}


@settings(max_examples=60, deadline=None)
@given(
    format=st.sampled_from(FORMATS),
    edits=st.lists(st.tuples(st.integers(0, 1 << 30), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_damage_never_is_more_than_a_failed_step(
    tmp_path_factory: pytest.TempPathFactory, format: str, edits: list[tuple[int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "d").mkdir()
    (folder / "d/a").write_text("a" * 50)
    (folder / "d/l").symlink_to("a")
    name = f"d.{format}"
    pack(folder, "d", name)
    data = bytearray((folder / name).read_bytes())
    for place, byte in edits:
        data[place % len(data)] = byte
    (folder / name).write_bytes(data)
    try:
        extract(folder, name)
    except StepFailed:
        assert not (folder / "out").exists()
