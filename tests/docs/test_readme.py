"""Everything that the README shows happens."""

from pathlib import Path

from harness.documents import play


def test_the_tour_goes_as_told(tmp_path: Path) -> None:
    differences = play("README.md", tmp_path)
    assert not differences, "\n\n".join(differences)
