"""Options that several commands share, spelt once."""

import math
from typing import Annotated

import typer


def finite(value: float | None) -> float | None:
    """Check an option that is a number: limits alone let "nan" pass.

    Raises:
        typer.BadParameter: it is none, or infinite.
    """
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"{value} is no finite number")
    return value


def not_empty(value: str | None) -> str | None:
    """Check an option that is a path: an empty one, as of a variable that is not set, is a slip.

    Raises:
        typer.BadParameter: it is empty.
    """
    if value == "":
        raise typer.BadParameter("it is empty: give a value, or leave the option out")
    return value


def none_empty(values: list[str]) -> list[str]:
    """Check an option that may be given several times, as `not_empty` does.

    Raises:
        typer.BadParameter: a value is empty.
    """
    for value in values:
        not_empty(value)
    return values


Model = Annotated[
    str,
    typer.Option(
        "--model",
        metavar="NAME|FOLDER",
        help="The trained model: a name (looked up in ./models, then among the installed ones) "
        "or a folder.",
    ),
]

Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="No progress and no notes on stderr, only errors.")
]

Dataset = Annotated[
    str,
    typer.Option(
        "--dataset",
        metavar="mnist|digits|PATH",
        callback=not_empty,
        help="mnist, digits (scikit-learn's, needs no download), a .npz file, a folder of IDX "
        "files, or a folder of labelled images: 0/ ... 9/, or with a labels.csv (file,label).",
    ),
]

Datasets = Annotated[
    list[str],
    typer.Option(
        "--dataset",
        metavar="mnist|digits|PATH",
        callback=none_empty,
        help="mnist, digits (scikit-learn's, needs no download), a .npz file, a folder of IDX "
        "files, or a folder of labelled images: 0/ ... 9/, or with a labels.csv (file,label). "
        "Beside it, .npz files of pen strokes: give the option once for each. With --from, a "
        "reader learns a folder of whole numbers with a labels.csv.",
    ),
]
