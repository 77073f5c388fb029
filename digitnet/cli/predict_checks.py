"""Checks the options of `digitnet predict` before any image is read."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from digitnet.cli.options import grid_size
from digitnet.cli.pictures import is_same_file
from digitnet.output.formats import Format, parse_format
from digitnet.output.template import Template

if TYPE_CHECKING:
    from digitnet.vision import GridSize


def check_usage(
    names: list[str], files_from: str | None, null: bool, output: Path | None, plot: str | None
) -> None:
    """Reject combinations of options that can only be mistakes.

    Raises:
        typer.BadParameter: no images are given, an option has no effect, standard input is named
            twice, or the answers would overwrite an input.
    """
    if not names and files_from is None:
        raise typer.BadParameter(
            "no images given: name files, folders, - or --files-from", param_hint="IMAGE"
        )
    if null and files_from is None:
        raise typer.BadParameter("requires --files-from", param_hint="--null")
    if [*names, files_from].count("-") > 1:
        raise typer.BadParameter("standard input can be read only once", param_hint="-")
    for other in filter(None, (*names, files_from, plot)):
        if output is not None and (
            is_same_file(other, output)
            or (not output.exists() and os.path.abspath(other) == os.path.abspath(output))
        ):
            raise typer.BadParameter(f"{str(output)!r} is {other!r} itself", param_hint="--output")


def parsed_format(text: str) -> Format | Template:
    """Parse `--format`.

    Raises:
        typer.BadParameter: the value is not a format.
    """
    try:
        return parse_format(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--format") from None


def parsed_grid(text: str | None, *, single: bool, by_lines: bool) -> "GridSize | None":
    """Parse `--grid`.

    Raises:
        typer.BadParameter: the value is not a table size, or --grid does not work with the other
            options.
    """
    if text is None:
        return None
    size = grid_size(text)
    from digitnet.reading.find_writing import ReadingMode, checked_mode

    try:
        return checked_mode(ReadingMode(by_lines, single, size)).grid
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--grid") from None


def check_copies(names: list[str], recursive: bool, folder: Path | None) -> None:
    """Check that the copies will not be read as images themselves.

    Raises:
        typer.BadParameter: the folder for the copies is one of the folders to read, or in one.
    """
    target = None if folder is None else Path(os.path.realpath(folder))
    for name in filter(os.path.isdir, names if target else ()):
        read = Path(os.path.realpath(name))
        if read == target or (recursive and target and read in target.parents):
            raise typer.BadParameter(
                f"{str(folder)!r} is one of the folders to read: give a folder outside {name!r}",
                param_hint="--copy-unsure",
            )


def only_image_of(names: list[str], files_from: str | None) -> str | None:
    """Return the image to read if it is the only one; otherwise, or for a folder, None."""
    alone = len(names) == 1 and files_from is None and not os.path.isdir(names[0])
    return names[0] if alone else None
