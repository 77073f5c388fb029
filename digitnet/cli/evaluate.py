"""`digitnet evaluate`: measure a model on digits that it has not seen."""

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
    from digitnet.data.datasets import Dataset
    from digitnet.evaluation.evaluate import Evaluation
    from digitnet.evaluation.lines import LineEvaluation


FIGURES = ("confusion.png", "misses.png", "reliability.png")


class ReportFormat(StrEnum):
    """What the report looks like."""

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
            help="test: what was kept from the training. official: the data set's own test part. "
            "all: every digit, trained on or not. Default: test, or all for a data set that the "
            "model was not trained on.",
            show_default=False,
        ),
    ] = None,
    format: Annotated[ReportFormat, typer.Option(help="What the report looks like.")] = (
        ReportFormat.TEXT
    ),
    plot: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER",
            callback=options.not_empty,
            help="Draw the confusion matrix, the worst misses and the reliability diagram there.",
        ),
    ] = None,
    quiet: options.Quiet = False,
) -> None:
    """Measure a model on digits that it has not seen.

    A reader is measured on lines made of them, or on a folder of whole numbers with a labels.csv.

    Exit codes: 0 measured, 1 model or data set is no good, 2 wrong use, 130 interrupted
    (128 + the signal's number).
    """
    # numpy, OpenCV, LiteRT and scikit-learn: --help needs none of them
    from digitnet.data import datasets
    from digitnet.data.whole_numbers import holds_numbers, read_numbers
    from digitnet.evaluation import evaluate as measuring
    from digitnet.evaluation.report import as_record, as_text
    from digitnet.model import bundle
    from digitnet.model.kinds import Kind

    loaded = bundle.load(model)
    reads = loaded.kind is Kind.READER
    figures = Path(plot) if plot is not None else None
    if figures and reads:
        raise typer.BadParameter(
            f"leave out --plot: it is for classifiers, and {loaded.name} is a reader",
            param_hint="'--plot'",
        )
    if figures:
        _check_figures(figures)
    notify = notes(quiet=quiet)
    if reads and labels_from_name is None and holds_numbers(dataset):
        from digitnet.evaluation.numbers import evaluate_numbers

        numbers = read_numbers(dataset, notify)
        _print_lines(evaluate_numbers(loaded, numbers, part), format)
        return
    digits = datasets.load(dataset, notify, labels_from_name)
    seen = measuring.trained_on(loaded, digits)
    if part is Part.ALL and seen:
        notify("--split all includes digits that the model was trained on")
    if measuring.has_changed(loaded, digits):
        notify(f"{digits.name} has changed since {loaded.name} learned digits of it")
    if reads:
        from digitnet.evaluation.lines import evaluate_lines

        _print_lines(evaluate_lines(loaded, digits, part), format)
        return
    evaluation = measuring.evaluate(loaded, digits, part)
    if format is ReportFormat.JSON:
        print_result(json.dumps(as_record(evaluation)) + "\n")
    else:
        print_result(as_text(evaluation))
    if figures:
        _draw(figures, evaluation, digits)
    if doubt := measuring.find_doubt_of(loaded, digits, evaluation):
        notify(f"{digits.name}: {doubt}")


def _print_lines(evaluation: "LineEvaluation", format: ReportFormat) -> None:
    from digitnet.evaluation.line_report import as_record, as_text

    if format is ReportFormat.JSON:
        print_result(json.dumps(as_record(evaluation)) + "\n")
    else:
        print_result(as_text(evaluation))


def _check_figures(folder: Path) -> None:
    """See before the work that the figures can be written after it.

    Raises:
        OutputError: the folder cannot be made, or a user's file has the name of a figure.
    """
    from digitnet.plots import check_replaceable

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be made: {os_error_reason(error)}; give --plot another folder"
        ) from None
    for name in FIGURES:
        check_replaceable(folder / name)


def _draw(folder: Path, evaluation: "Evaluation", digits: "Dataset") -> None:
    from digitnet import plots

    answers = evaluation.probabilities.argmax(axis=1)
    confidences = evaluation.probabilities.max(axis=1)
    labels = digits.labels[evaluation.positions]
    images = digits.images[evaluation.positions]
    figures = (
        plots.confusion_figure(evaluation.measurement.confusion),
        plots.misses_figure(images, labels, answers, confidences),
        plots.reliability_figure(confidences, answers == labels),
    )
    for name, figure in zip(FIGURES, figures, strict=True):
        plots.save_figure(figure, folder / name)
