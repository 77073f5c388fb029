"""`--plot` and `--show`: draws predictions to files and windows."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from digitnet.cli.terminal import report
from digitnet.errors import OutputError, os_error_reason
from digitnet.files.escape import escape_controls
from digitnet.output.copies import stem_of

if TYPE_CHECKING:
    from digitnet.reading.prediction import Prediction
    from digitnet.reading.recognizer import Recognizer
    from digitnet.vision import GridSize
    from digitnet.vision.decoding.pages import Page

FIGURE_SUFFIX = ".digits.png"
"""Suffix of the figures that digitnet writes to a folder. As images do not have it, figures do
not overwrite images and are not read as images later."""


class Pictures:
    """Draws predictions to files and windows.

    Args:
        target: a file for one image, a folder for several, or None.
        show: open a window for each image, if there is a terminal and a display.
        stages: also draw every stage of the pipeline.
        single: whether each image is read as one digit.
        grid: the size of the table, if each image is read as one.
        image: the only image, or None if there may be several.
        quiet: do not report that no window can be opened.

    Raises:
        typer.BadParameter: `target` does not fit the images, its format is not supported, or
            `stages` is set without `target` or `show`.
        OutputError: the folder cannot be created, or the figure would overwrite a user's file.
    """

    def __init__(
        self,
        target: str | None,
        *,
        show: bool,
        stages: bool,
        single: bool,
        grid: "GridSize | None",
        image: str | None,
        quiet: bool,
    ) -> None:
        self._file: Path | None = None
        self._folder: Path | None = None
        if stages and target is None and not show:
            raise typer.BadParameter("requires --plot or --show", param_hint="--stages")
        self._stages = stages
        self._single = single
        self._grid = grid
        self._show = show and _window_is_possible(quiet)
        self._taken: dict[str, int] = {}
        if target is None:
            return
        if target in ("", "-"):
            received = "empty value" if not target else "figures are files"
            raise typer.BadParameter(f"{received}: give a file or a folder", param_hint="--plot")
        path = Path(target)
        if path.is_dir() or target.endswith((os.sep, "/")) or not path.suffix:
            self._folder = path
            _make_folder(path)
        else:
            _check_file(path, image)
            self._file = path

    @property
    def wanted(self) -> bool:
        """Whether predictions are to be drawn."""
        return self._show or self._file is not None or self._folder is not None

    def check_count(self, count: int) -> None:
        """Check that the figures of all images can be written.

        Raises:
            typer.BadParameter: the target is one file, but the image has several pages.
        """
        if self._file is not None and count > 1:
            raise typer.BadParameter(
                f"{str(self._file)!r} is one file, but there are {count:,} pages: give a folder, "
                "or name one page with --pages",
                param_hint="--plot",
            )

    def draw(
        self,
        name: str,
        image: "str | bytes | Page",
        prediction: "Prediction",
        recognizer: "Recognizer",
    ) -> None:
        """Draw one prediction to the file and the window that the user asked for.

        Args:
            name: the name of the image, as given by the user.
            image: its path, its bytes or the page; it is decoded again to draw it.
            prediction: the prediction.
            recognizer: the recognizer that made the prediction.

        Raises:
            ImageError: the image can no longer be read.
            OutputError: the figure cannot be written, or would overwrite a user's file.
            BundleError: a network cannot be run to show its stages.
        """
        from digitnet.interruption import Interruption
        from digitnet.plots import prediction_figure, save_figure, show_prediction
        from digitnet.vision.decoding.pages import decode

        with Interruption():
            gray = decode(image, recognizer.limits)
            stages = None
            if self._stages:
                stages = recognizer.find_lines(gray, single=self._single, grid=self._grid)
            path = self._file or (self._folder and self._folder / self._free_name(name, image))
            if path:
                save_figure(prediction_figure(gray, prediction, name, stages), path)
        if self._show:
            show_prediction(gray, prediction, name, stages)

    def _free_name(self, name: str, image: "str | bytes | Page") -> str:
        """Name a figure after its image; a second `1.png` gets another number."""
        stem = stem_of(name, image)
        free, key = stem, stem.casefold()
        while free.casefold() in self._taken:
            self._taken[key] += 1
            free = f"{stem}-{self._taken[key]}"
        self._taken[free.casefold()] = 1
        return f"{free}{FIGURE_SUFFIX}"


def _window_is_possible(quiet: bool) -> bool:
    """Whether `--show` can open a window; scripts continue without one."""
    from digitnet.plots import can_open_windows

    possible = can_open_windows()
    if not possible and not quiet:
        report("--show needs a terminal and a display, so no window was opened; --plot saves files")
    return possible


def is_same_file(one: str, other: Path) -> bool:
    """Whether two paths refer to the same existing file."""
    return os.path.isfile(one) and os.path.isfile(other) and other.samefile(one)


def _check_file(path: Path, image: str | None) -> None:
    from digitnet.plots import check_replaceable, writable_suffixes

    suffixes = writable_suffixes()
    if path.suffix.lower() not in suffixes:
        raise typer.BadParameter(
            f"a figure cannot be written as {path.suffix!r}: give one of "
            f"{', '.join(sorted(suffixes))}, or a folder",
            param_hint="--plot",
        )
    if image is None:
        raise typer.BadParameter(
            f"{str(path)!r} is one file, but there may be several images: give a folder",
            param_hint="--plot",
        )
    if is_same_file(image, path):
        raise typer.BadParameter(f"{str(path)!r} is the image itself", param_hint="--plot")
    check_replaceable(path)


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"the folder {escape_controls(str(path))} cannot be created: "
            f"{os_error_reason(error)}; give another --plot"
        ) from None
