"""compress without the package that one of its formats needs."""

import os
import subprocess
import sys
from pathlib import Path

from rustchain.catalogue import Catalogue

TESTS = str(Path(__file__).parents[2])


def test_without_zstandard_the_other_formats_work_and_it_says_what_to_install(tmp_path: Path) -> None:
    assert [need.extra for need in Catalogue()["compress"].needs] == ["compress"]
    (tmp_path / "d").mkdir()
    (tmp_path / "d/a").write_text("a")
    code = (
        "import sys; sys.modules['zstandard'] = None\n"
        "from pathlib import Path\n"
        "from harness.steps import run_step\n"
        "from rustchain.model.errors import StepFailed\n"
        "for name in 'd.zip', 'd.tar.zst':\n"
        "    try:\n        print(run_step('compress', {'source': 'd', 'destination': name}, Path())['files'])\n"
        "    except StepFailed as failure:\n        print(failure.kind, failure.message)\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={**os.environ, "PYTHONPATH": TESTS},
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert said.splitlines() == [
        "1",
        "missing_dependency needs zstandard: pip install 'rustchain[compress]'",
    ]
