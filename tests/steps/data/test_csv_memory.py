import json
import subprocess
import sys
from pathlib import Path

import pytest

MEASURE = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
from pathlib import Path
from harness.steps import run_step

def peak():
    return int(next(l for l in open("/proc/self/status") if l.startswith("VmHWM")).split()[1]) >> 10

run_step("csv_process", {"content": "a\\n1\\n", "operation": "dedupe"}, Path(sys.argv[2]))
before = peak()
found = run_step("csv_process", json.loads(sys.argv[3]), Path(sys.argv[2]))
print(found["row_count"], peak() - before)
"""
MEGABYTES = 60
WIDTH = 4000


def grown(folder: Path, parameters: dict[str, object]) -> tuple[int, int]:
    """Rows found, and MiB by which a fresh process grew."""
    arguments = [json.dumps(sys.path), str(folder), json.dumps(parameters)]
    process = [sys.executable, "-c", MEASURE, *arguments]
    rows, growth = subprocess.run(process, capture_output=True, text=True, check=True).stdout.split()
    return int(rows), int(growth)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with `wide.csv`: a header and rows of a number and a long text, 60 MB in all."""
    folder = tmp_path_factory.mktemp("memory")
    with (folder / "wide.csv").open("w") as file:
        file.write("n,text\n")
        for n in range(MEGABYTES * 1_000_000 // WIDTH):
            file.write(f"{n * 7919 % 10_007},{str(n).ljust(WIDTH, 'x')}\n")
    return folder


@pytest.mark.parametrize(
    ("operations", "megabytes"),
    [
        (["normalize", "validate", "statistics", {"op": "filter", "where": "n > 10"}], 25),
        ([{"op": "sort", "by": "n"}], 50),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from /proc")
def test_memory_does_not_grow_with_the_file(folder, operations, megabytes):
    parameters = {
        "input_file": "wide.csv",
        "output_file": "out.csv",
        "operations": operations,
        "max_records": 10,
    }
    rows, growth = grown(folder, parameters)
    assert rows > 14_900
    assert growth < megabytes
