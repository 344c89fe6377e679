"""Which places are not a mission's own, going by their names."""

from posixpath import normpath

TEMPORARY = "/tmp/"  # noqa: S108 - what the default policy allows, not a file that is made


def outside(path: str) -> bool:
    """Whether a path leaves the workspace, and leads not to the system's temporary folder."""
    place = normpath(path)
    absolute = place.startswith("/") and not f"{place}/".startswith(TEMPORARY)
    return absolute or path.startswith("~") or place == ".." or place.startswith("../")
