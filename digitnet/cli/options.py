"""Options shared by several commands."""

import math
import re
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from digitnet.vision import GridSize


def finite(value: float | None) -> float | None:
    """Reject values that are not finite: Typer's `min` and `max` let NaN pass.

    Raises:
        typer.BadParameter: the value is not finite.
    """
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"{value} is not a finite number")
    return value


def not_empty(value: str | None) -> str | None:
    """Reject an empty path, which usually comes from an unset variable.

    Raises:
        typer.BadParameter: the value is empty.
    """
    if value == "":
        raise typer.BadParameter("empty value: give a value, or leave out the option")
    return value


def none_empty(values: list[str]) -> list[str]:
    """Reject empty values of an option that can be repeated.

    Raises:
        typer.BadParameter: a value is empty.
    """
    for value in values:
        not_empty(value)
    return values


def number_range(text: str, option: str) -> range:
    """Parse `3`, `1-3` or the open range `3-`.

    Args:
        text: the value.
        option: the name of the option, for the error message.

    Raises:
        typer.BadParameter: the value has another form, starts at 0, or ends before it starts.
    """
    match = re.fullmatch(r"([0-9]{1,9})(-([0-9]{1,9})?)?", text)
    first, last = (int(match[1]), int(match[3] or 10**9)) if match else (0, 0)
    if match and not match[2]:
        last = first
    if not 0 < first <= last:
        raise typer.BadParameter(
            f"{text!r} is not a range of positive numbers: give 3, 1-3 or 3-", param_hint=option
        )
    return range(first, last + 1)


def grid_size(text: str) -> "GridSize":
    """Parse the size of a table: `9x9` or `auto`.

    Raises:
        typer.BadParameter: the value has another form.
    """
    match = re.fullmatch(r"([0-9]{1,9})[xX×]([0-9]{1,9})", text)
    if match:
        return int(match[1]), int(match[2])
    if text != "auto":
        raise typer.BadParameter(
            f"{text!r} is not a table size: give ROWSxCOLUMNS, like 9x9, or auto",
            param_hint="--grid",
        )
    return "auto"


def name_pattern(value: str | None) -> str | None:
    """Check a file name pattern before any data is read.

    Raises:
        typer.BadParameter: the pattern does not contain `{label}` exactly once.
    """
    if value is not None:
        from digitnet.data.formats.image_folders import compile_pattern
        from digitnet.errors import DatasetError

        try:
            compile_pattern(value)
        except DatasetError as error:
            raise typer.BadParameter(str(error)) from None
    return value


Model = Annotated[
    str,
    typer.Option(
        "--model",
        metavar="NAME|FOLDER",
        help="The model: a name (searched in ./models, then among the installed models) or a "
        "folder.",
    ),
]

Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print only errors on stderr, no progress or notes.")
]

_FORMS = (
    "mnist, digits (from scikit-learn, no download), or a file or folder: images in 0/ ... 9/ or "
    "with a labels.csv (file,label), .npz, IDX, Kaggle CSV, a photo of a filled-in digitnet "
    "sheet, and more (docs/data.md)"
)

Dataset = Annotated[
    str,
    typer.Option(
        "--dataset",
        metavar="mnist|digits|PATH",
        callback=not_empty,
        help=_FORMS + ".",
    ),
]

LabelsFromName = Annotated[
    str | None,
    typer.Option(
        metavar="PATTERN",
        callback=name_pattern,
        help="Position of the label in the image names of a folder: '{label}_*' for 7_0012.png.",
        show_default=False,
    ),
]

Datasets = Annotated[
    list[str],
    typer.Option(
        "--dataset",
        metavar="mnist|digits|PATH",
        callback=none_empty,
        help=_FORMS + ". "
        "Repeat the option to add pen strokes (.npz or UNIPEN). With --from, a reader is trained "
        "on a folder of whole numbers with a labels.csv.",
    ),
]
