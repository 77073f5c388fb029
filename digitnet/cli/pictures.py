"""`--plot` and `--show`: where the figures of predictions go."""

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
"""Of a figure that digitnet draws into a folder. It differs from an image's own, so that no image
is overwritten, and none is read again as an image."""


class Pictures:
    """Draws predictions into files and windows.

    Args:
        target: a file for one image, a folder for several, or None.
        show: open a window for each image, if there is a display and a person before it.
        stages: draw every stage of the reading too.
        single: each image is read as one digit.
        grid: or as a table of such a size.
        image: the only image, or None where there may be several.
        quiet: say nothing where no window can be opened.

    Raises:
        typer.BadParameter: `target` does not fit the images, or its format cannot be written;
            or there are stages, but nothing to draw them in.
        OutputError: the folder cannot be made, or a user's file has the name of the figure.
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
        """Whether there is anything to draw."""
        return self._show or self._file is not None or self._folder is not None

    def check_count(self, count: int) -> None:
        """Check that the figures of all images can be written.

        Raises:
            typer.BadParameter: the only file that was named has several pages.
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
        """Draw one prediction to wherever the user wants it.

        Args:
            name: the name of the image, as given by the user.
            image: its path, its bytes or the page; it is decoded once more, to draw it.
            prediction: the prediction.
            recognizer: what read it.

        Raises:
            ImageError: the image cannot be read any more.
            OutputError: the figure cannot be written, or a user's file has its name.
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
    """Whether two paths lead to one file that is there."""
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
            f"the folder {escape_controls(str(path))} cannot be made: "
            f"{os_error_reason(error)}; give another --plot"
        ) from None
