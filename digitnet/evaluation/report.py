"""Formats the evaluation of a classifier, as text or as a record for JSON."""

from typing import Any

from digitnet.data.parts import Part
from digitnet.evaluation.evaluate import Evaluation, Measurement
from digitnet.files.escape import escape_controls
from digitnet.model.probabilities import CLASSES

_PART_NAMES = {
    Part.TEST: "the test set",
    Part.OFFICIAL: "the official test set",
    Part.ALL: "all digits",
}


def as_record(evaluation: Evaluation) -> dict[str, Any]:
    """Return the record of `evaluate --format json`; errors are fractions, the loss is in nats."""
    measurement = evaluation.measurement
    return {
        "model": evaluation.model,
        "dataset": evaluation.dataset,
        "split": evaluation.part.value,
        "count": measurement.count,
        "error": measurement.error,
        "error_interval": list(measurement.error_interval),
        "loss": measurement.loss,
        "per_digit": {str(digit): error for digit, error in enumerate(measurement.per_digit)},
        "confusion": [list(row) for row in measurement.confusion],
        "calibration_error": measurement.calibration_error,
        "rejected": measurement.rejected,
        "undisputed": evaluation.undisputed and evaluation.undisputed.figures(),
    }


def as_text(evaluation: Evaluation) -> str:
    """Return several lines for a terminal, with errors in percent."""
    measurement = evaluation.measurement
    lines = [
        f"model              {escape_controls(evaluation.model)}",
        f"digits             {measurement.count:,} of {escape_controls(evaluation.dataset)}, "
        f"{_PART_NAMES[evaluation.part]}",
        f"error              {_error(measurement)}",
    ]
    if evaluation.official:
        lines.append(
            f"  official         {_error(evaluation.official)} on {evaluation.official.count:,}"
        )
    if evaluation.undisputed:
        lines.append(
            f"  undisputed       {_error(evaluation.undisputed)} on "
            f"{evaluation.undisputed.count:,}, without digits with disputed labels"
        )
    lines += [
        f"loss               {measurement.loss:.4f}",
        f"calibration error  {100 * measurement.calibration_error:.2f} %",
        f"rejected           {measurement.rejected} "
        f"({100 * measurement.rejected / measurement.count:.2f} %)",
        "",
        *_confusion(measurement),
    ]
    return "\n".join(lines) + "\n"


def _error(measurement: Measurement) -> str:
    low, high = measurement.error_interval
    return f"{100 * measurement.error:.2f} % (95 % interval {100 * low:.2f} to {100 * high:.2f} %)"


def _confusion(measurement: Measurement) -> list[str]:
    """Format the confusion matrix, one row per digit, with its error at the end."""
    width = max(len(str(n)) for row in measurement.confusion for n in row)
    width = max(width, 2)
    lines = [
        "digit  predicted " + " ".join(f"{digit:{width}}" for digit in range(CLASSES)) + "   error"
    ]
    for digit, (row, error) in enumerate(
        zip(measurement.confusion, measurement.per_digit, strict=True)
    ):
        cells = " ".join(f"{n or '.':>{width}}" for n in row)
        shown = "-" if error is None else f"{100 * error:.2f} %"
        lines.append(f"  {digit}              {cells}  {shown:>7}")
    return lines
