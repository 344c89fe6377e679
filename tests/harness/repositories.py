"""Git repositories for tests, whatever the configuration of who runs them."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_ENVIRONMENT = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}


def git(folder: Path, *arguments: str, check: bool = True) -> str:
    """Run git; its output without the last line's end."""
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), **_ENVIRONMENT}
    ended = subprocess.run(["git", *arguments], cwd=folder, env=env, check=check, capture_output=True)
    return ended.stdout.decode(errors="replace").removesuffix("\n")


def repository(folder: Path, files: Mapping[str, str] | None = None) -> Path:
    """Make a repository with the branch `main` and an identity of its own; with files, their commit."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "config", "user.name", "Grace")
    git(folder, "config", "user.email", "grace@example.org")
    if files is not None:
        commit(folder, files)
    return folder


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write files, text by path."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")


def commit(folder: Path, files: Mapping[str, str], message: str = "Change") -> str:
    """Write files and commit everything; the commit's id."""
    write(folder, files)
    git(folder, "add", "--all", "--", ".", ":!.rustchain")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)
    return head(folder)


def head(folder: Path) -> str:
    """The id of the last commit."""
    return git(folder, "rev-parse", "HEAD")


def hook(folder: Path, name: str, script: str) -> None:
    """Install a hook."""
    path = folder / ".git/hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def diverge(folder: Path, ours: Mapping[str, str], theirs: Mapping[str, str]) -> None:
    """From the last commit on, commit one change to `main` and another to `other`; `main` is current."""
    git(folder, "switch", "--quiet", "--create", "other")
    commit(folder, theirs, "Theirs")
    git(folder, "switch", "--quiet", "main")
    commit(folder, ours, "Ours")
