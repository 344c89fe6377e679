"""Rules of the house that no other tool checks."""

import ast
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "rustchain"
FILES = sorted(SOURCE.rglob("*.py"))
STEP_TYPES = sorted(f for f in (SOURCE / "steps").glob("*/*.py") if not f.name.startswith("_"))
SHAPELESS = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "manager",
    "managers",
    "base",
    "misc",
    "tools",
    "stuff",
}
TEXTS = {".py", ".toml", ".md", ".yaml", ".txt", ".json", ""}
SILENCED = re.compile(r"noqa|type: ignore|pragma|nosec")


def names(files: list[Path]) -> list[str]:
    return [str(f.relative_to(ROOT)) for f in files]


def functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(file.read_text("utf-8"))
    return (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or 0) - function.lineno + 1


def comments(file: Path) -> list[str]:
    with file.open("rb") as source:
        return [t.string for t in tokenize.tokenize(source.readline) if t.type == tokenize.COMMENT]


def test_no_file_is_longer_than_400_lines() -> None:
    long = {str(f.relative_to(ROOT)): n for f in FILES if (n := len(f.read_text("utf-8").splitlines())) > 400}
    assert long == {}


def test_no_function_is_longer_than_60_lines_and_few_than_30() -> None:
    lengths = {f"{f.relative_to(ROOT)}:{one.name}": length(one) for f in FILES for one in functions(f)}
    assert {name: n for name, n in lengths.items() if n > 60} == {}
    assert sum(n > 30 for n in lengths.values()) <= len(lengths) / 10


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert [f for f in names(FILES) if SHAPELESS & set(Path(f).with_suffix("").parts[2:])] == []


def test_no_step_type_imports_another() -> None:
    modules = {f"rustchain.steps.{f.parent.name}.{f.stem}" for f in STEP_TYPES}
    wrong = []
    for file in STEP_TYPES:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            found = [node.module] if isinstance(node, ast.ImportFrom) else []
            found += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            wrong += [(file.stem, name) for name in found if name in modules]
    assert wrong == []


def test_every_module_says_what_it_is_for() -> None:
    texts = {f: text for f in FILES if f.name != "_version.py" and (text := f.read_text("utf-8"))}
    assert [f for f, text in texts.items() if not ast.get_docstring(ast.parse(text))] == []


def test_suppressions_are_few_and_say_why() -> None:
    found = [(f.name, c) for f in FILES for c in comments(f) if SILENCED.search(c)]
    lines = sum(len(f.read_text("utf-8").splitlines()) for f in FILES)
    assert len(found) <= 3 * lines / 1000
    assert [
        one for one in found if not re.search(r"(?:noqa: \w+|ignore\[[\w-]+\])\s+(?:- |# )\S", one[1])
    ] == []


def test_the_project_names_no_place_of_a_machine() -> None:
    places = [re.escape(f"{place}/") for place in (ROOT, Path.home()) if len(place.parts) > 1]
    place = re.compile("|".join([r"(?<![\w.])/(?:home|Users)/\w", *(rf"(?<![\w.]){p}" for p in places)]))
    folders = [ROOT / name for name in ("src", "tests", "tools", "docs", "examples", "benchmarks")]
    files = [f for folder in folders for f in folder.rglob("*") if f.is_file() and f.suffix in TEXTS]
    files += [f for f in ROOT.iterdir() if f.is_file() and f.suffix in TEXTS and f.name[0] != "."]
    assert [
        f.name for f in files if f != Path(__file__) and place.search(f.read_text("utf-8", "ignore"))
    ] == []


def test_nothing_is_left_to_do() -> None:
    assert [f.name for f in FILES for c in comments(f) if re.search(r"TODO|FIXME|XXX|HACK", c)] == []
