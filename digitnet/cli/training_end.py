"""What `digitnet train` prints when training has ended or was interrupted."""

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from digitnet.cli.terminal import print_result, report
from digitnet.silence import silent_native_code

if TYPE_CHECKING:
    from digitnet.data.datasets import Dataset
    from digitnet.data.whole_numbers import Numbers
    from digitnet.model.bundle import Bundle


def show_measured(
    written: "Bundle", learned: "Dataset | Numbers", target: Path, *, quiet: bool
) -> None:
    """Print the test set evaluation to stdout and the model's folder to stderr.

    Args:
        written: the trained model.
        learned: its data set.
        target: the folder of the model, as given by the user.
        quiet: do not print the folder.

    Raises:
        OutputError: stdout cannot be written.
        BundleError: the network cannot be run.
    """
    from digitnet.data.datasets import Dataset
    from digitnet.data.parts import Part
    from digitnet.model.kinds import Kind

    reads = written.kind is Kind.READER
    if reads or not isinstance(learned, Dataset):
        from digitnet.evaluation import line_report
        from digitnet.evaluation.lines import LineEvaluation, LineMeasurement

        measured = LineMeasurement(**written.card["measured"][Part.TEST.value])
        made = "made of" if isinstance(learned, Dataset) else "images of numbers in"
        evaluation = LineEvaluation(written.name, learned.name, Part.TEST, measured, made)
        print_result(line_report.as_text(evaluation))
    else:
        from digitnet.evaluation.evaluate import evaluate
        from digitnet.evaluation.report import as_text

        with silent_native_code():
            print_result(as_text(evaluate(written, learned)))
    if not quiet:
        option = "--reader" if reads else "--model"
        named = shlex.quote(_as_model(target))
        report(f"model saved in {target}; try: digitnet predict {option} {named} IMAGE")


def _as_model(target: Path) -> str:
    """Return the folder as a value of `--model`: a bare name may belong to another model."""
    from digitnet.model import bundle

    bare = str(target)
    return bare if bundle.find(bare).resolve() == target.resolve() else os.path.join(".", bare)


def interruption_message(target: Path) -> str:
    """Say in one line what was saved, with the command to continue the training.

    Raises:
        OutputError: the saved state is damaged.
    """
    from digitnet.training.checkpoint import Checkpoint, best_epoch

    state = Checkpoint(target)
    if not state.options.is_file():
        return f"interrupted after the training: model saved in {target}"
    history = state.read_history()
    kept = "no epoch was completed"
    if history:
        best = best_epoch(history, state.read_options().warm_up)
        error = 100 * history[best - 1]["validation_error"]
        kept = f"the best weights so far (epoch {best}, validation error {error:.2f} %) are kept"
    end = ", or stop here with --finish" if history else ""
    return f"interrupted: {kept}; continue{end}: {state.command()}"


def draw_curves(path: Path, written: "Bundle") -> None:
    """Save a figure of loss and error by epoch.

    Raises:
        OutputError: the figure cannot be written, or would overwrite a user's file.
    """
    from digitnet import plots
    from digitnet.model.bundle import HISTORY_FILE
    from digitnet.training.checkpoint import read_rows

    plots.save_figure(plots.history_figure(read_rows(written.folder / HISTORY_FILE)), path)
