"""Groups of commands that are folders: names come from files, and a command is imported when it is called."""

import ast
from importlib import import_module
from pathlib import Path

import click

from rustchain.cli.command import common_options


class Folder(click.Group):
    """The commands in a package's folder: a file is a command, a folder a group; `_` in its name is written `-`."""

    def __init__(self, package: str, folder: Path, name: str) -> None:
        super().__init__(name, help=_doc(folder / "__init__.py"), params=common_options())
        self._package = package
        self._folder = folder

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, from the files alone."""
        found = (p for p in self._folder.iterdir() if not p.name.startswith(("_", ".")))
        return sorted(p.stem.replace("_", "-") for p in found if p.is_dir() or p.suffix == ".py")

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, imported now; None where there is none."""
        name = cmd_name.replace("-", "_")
        if not name.isidentifier() or name.startswith("_"):
            return None
        if (self._folder / name).is_dir():
            return Folder(f"{self._package}.{name}", self._folder / name, cmd_name)
        if not (self._folder / f"{name}.py").is_file():
            return None
        found: click.Command = import_module(f"{self._package}.{name}").command
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with suggestions for a name that is none."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches  # costs 5 ms, and only mistakes need it

            meant = get_close_matches(args[0], self.list_commands(ctx), n=1)
            hint = f" Did you mean {meant[0]!r}?" if meant else ""
            raise click.UsageError(f"There is no command {args[0]!r}.{hint}", ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each command with one line of help, read as syntax: nothing is imported."""
        names = self.list_commands(ctx)
        if names:
            with formatter.section("Commands"):
                formatter.write_dl([(name, self._line(name.replace("-", "_"))) for name in names])

    def _line(self, name: str) -> str:
        path = self._folder / name
        doc = _doc(path / "__init__.py" if path.is_dir() else path.with_suffix(".py"))
        return doc.partition("\n")[0]


def _doc(file: Path) -> str:
    """A module's documentation."""
    return ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""


def program() -> Folder:
    """The whole program."""
    return Folder(f"{__package__}.commands", Path(__file__).parent / "commands", "rustchain")
