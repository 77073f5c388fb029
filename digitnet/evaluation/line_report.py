"""Formats the evaluation of a reader, as text or as a record for JSON."""

import dataclasses
from typing import Any

from digitnet.data.parts import Part
from digitnet.evaluation.lines import LineEvaluation
from digitnet.files.escape import escape_controls

_PART_NAMES = {
    Part.TEST: "the test set",
    Part.OFFICIAL: "the official test set",
    Part.ALL: "all of it",
}


def as_record(evaluation: LineEvaluation) -> dict[str, Any]:
    """Return the record of `evaluate --format json`; errors are fractions, the loss is in nats."""
    figures = dataclasses.asdict(evaluation.measurement)
    return {
        "model": evaluation.model,
        "dataset": evaluation.dataset,
        "split": evaluation.part.value,
        **figures,
        "error_interval": list(evaluation.measurement.error_interval),
    }


def as_text(evaluation: LineEvaluation) -> str:
    """Return several lines for a terminal, with errors in percent."""
    measured = evaluation.measurement
    low, high = measured.error_interval
    lines = [
        f"model              {escape_controls(evaluation.model)}",
        f"lines              {measured.count:,}, {evaluation.made} "
        f"{escape_controls(evaluation.dataset)}, {_PART_NAMES[evaluation.part]}",
        f"error of numbers   {100 * measured.error:.2f} % "
        f"(95 % interval {100 * low:.2f} to {100 * high:.2f} %)",
        f"error of text      {100 * measured.text_error:.2f} % (with marks and gaps)",
        f"error of digits    {100 * measured.digit_error:.2f} % (edit distance)",
        f"loss               {measured.loss:.4f}",
        f"calibration error  {100 * measured.calibration_error:.2f} %",
        f"rejected           {measured.rejected} "
        f"({100 * measured.rejected / measured.count:.2f} %, lines with a symbol below its "
        "threshold)",
    ]
    return "\n".join(lines) + "\n"
