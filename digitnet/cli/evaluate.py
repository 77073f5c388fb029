"""`digitnet evaluate`: evaluate a model on a data set."""

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digitnet.cli import options
from digitnet.cli.terminal import notes, print_result
from digitnet.data.parts import Part
from digitnet.errors import OutputError, os_error_reason

if TYPE_CHECKING:
    from digitnet.evaluation.evaluate import Evaluation
    from digitnet.evaluation.lines import LineEvaluation

FIGURES = ("confusion.png", "misses.png", "reliability.png")
"""Names of the files of `--plot`."""


class ReportFormat(StrEnum):
    """Format of the evaluation report."""

    TEXT = "text"
    JSON = "json"


def evaluate(
    model: options.Model = "cnn",
    dataset: options.Dataset = "mnist",
    labels_from_name: options.LabelsFromName = None,
    part: Annotated[
        Part | None,
        typer.Option(
            "--split",
            help="test: the held-out test set. official: the data set's own test set. all: all "
            "digits, including training digits. Default: test, or all for a data set that the "
            "model was not trained on.",
            show_default=False,
        ),
    ] = None,
    format: Annotated[ReportFormat, typer.Option(help="Report format.")] = ReportFormat.TEXT,
    plot: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER",
            callback=options.not_empty,
            help="Save the confusion matrix, the worst mistakes and the reliability diagram in "
            "this folder.",
        ),
    ] = None,
    quiet: options.Quiet = False,
) -> None:
    """Evaluate a model on digits that it was not trained on.

    A reader is evaluated on lines made of such digits, or on a folder of whole numbers with a
    labels.csv.

    Exit codes: 0 evaluated, 1 the model or data set cannot be used, 2 wrong usage, 130 interrupted
    (128 + the signal number).
    """
    # These import NumPy, OpenCV, LiteRT and scikit-learn, which --help does not need.
    from digitnet.api.measuring import evaluate as measure
    from digitnet.evaluation.evaluate import Evaluation
    from digitnet.model import bundle
    from digitnet.model.kinds import Kind

    loaded = bundle.load(model)
    figures = Path(plot) if plot is not None else None
    if figures and loaded.kind is Kind.READER:
        raise typer.BadParameter(
            f"--plot works for classifiers only, and {loaded.name} is a reader",
            param_hint="'--plot'",
        )
    if figures:
        _check_figures(figures)
    evaluation = measure(
        loaded, dataset, part, labels_from_name=labels_from_name, notify=notes(quiet=quiet)
    )
    print_result(_report(evaluation, format))
    if figures and isinstance(evaluation, Evaluation):
        _draw(figures, evaluation)


def _report(evaluation: "Evaluation | LineEvaluation", format: ReportFormat) -> str:
    from digitnet.evaluation import report
    from digitnet.evaluation.evaluate import Evaluation

    as_json = format is ReportFormat.JSON
    if isinstance(evaluation, Evaluation):
        record = report.as_record(evaluation)
        return f"{json.dumps(record)}\n" if as_json else report.as_text(evaluation)
    from digitnet.evaluation import line_report  # also imports the synthesis of lines

    record = line_report.as_record(evaluation)
    return f"{json.dumps(record)}\n" if as_json else line_report.as_text(evaluation)


def _check_figures(folder: Path) -> None:
    """Check, before the evaluation, that the figures can be written after it.

    Raises:
        OutputError: the folder cannot be created, or a figure would overwrite a user's file.
    """
    from digitnet.plots import check_replaceable

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be created: {os_error_reason(error)}; give another folder to --plot"
        ) from None
    for name in FIGURES:
        check_replaceable(folder / name)


def _draw(folder: Path, evaluation: "Evaluation") -> None:
    from digitnet.plots import save_figure

    figures = (
        evaluation.plot_confusion(),
        evaluation.plot_misses(),
        evaluation.plot_reliability(),
    )
    for name, figure in zip(FIGURES, figures, strict=True):
        save_figure(figure, folder / name)
