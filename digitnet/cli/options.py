"""Options that several commands share, spelt once."""

from typing import Annotated

import typer

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
        help="mnist, digits (scikit-learn's, needs no download), a .npz file, a folder of IDX "
        "files, or a folder of labelled images: 0/ ... 9/, or with a labels.csv (file,label).",
    ),
]
