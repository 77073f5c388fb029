"""`digitnet.evaluate`: evaluates a model like `digitnet evaluate`, without printing."""

import os
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

from digitnet.data.parts import Part

if TYPE_CHECKING:
    from digitnet.evaluation.evaluate import Evaluation
    from digitnet.evaluation.lines import LineEvaluation
    from digitnet.model.bundle import Bundle


def evaluate(
    model: "str | os.PathLike[str] | Bundle" = "cnn",
    dataset: str | os.PathLike[str] = "mnist",
    split: Part | str | None = None,
    *,
    labels_from_name: str | None = None,
    notify: Callable[[str], None] = warnings.warn,
) -> "Evaluation | LineEvaluation":
    """Evaluate a model on digits that it was not trained on.

    Args:
        model: a name, a folder, or the result of `digitnet.train`.
        dataset: `mnist`, `digits` or a path; for a reader also a folder of whole numbers.
        split: `test` for the held-out test set, `official` for the data set's own test set, `all`
            for every digit, trained on or not. None for `test`, or `all` for a data set that the
            model was not trained on.
        labels_from_name: the position of the label in the image names of a folder: `{label}_*` for
            `7_0012.png`.
        notify: receives one line about problems of the data set; by default, a warning.

    Returns:
        An `Evaluation` of a classifier, which can draw figures, or a `LineEvaluation` of a reader.

    Raises:
        ValueError: `split` is not one of these.
        DigitnetError: the model or the data set cannot be read, or the split does not exist.
    """
    # numpy, OpenCV, LiteRT and scikit-learn: `import digitnet` needs none of them
    from digitnet.data import datasets
    from digitnet.data.whole_numbers import holds_numbers, read_numbers
    from digitnet.evaluation import evaluate as measuring
    from digitnet.model import bundle
    from digitnet.model.bundle import Bundle
    from digitnet.model.kinds import Kind

    if split is not None and split not in [*Part]:
        raise ValueError(f"split is {split!r}: it must be one of {', '.join(Part)}")
    part = None if split is None else Part(split)
    loaded = model if isinstance(model, Bundle) else bundle.load(model)
    name = os.fspath(dataset)
    reads = loaded.kind is Kind.READER
    if reads and labels_from_name is None and holds_numbers(name):
        from digitnet.evaluation.numbers import evaluate_numbers

        return evaluate_numbers(loaded, read_numbers(name, notify), part)
    digits = datasets.load(name, notify, labels_from_name)
    if part is Part.ALL and measuring.trained_on(loaded, digits):
        notify("--split all includes digits that the model was trained on")
    if measuring.has_changed(loaded, digits):
        notify(f"{digits.name} has changed since {loaded.name} was trained on it")
    if reads:
        from digitnet.evaluation.lines import evaluate_lines

        return evaluate_lines(loaded, digits, part)
    evaluation = measuring.evaluate(loaded, digits, part)
    if doubt := measuring.find_doubt_of(loaded, evaluation):
        notify(f"{digits.name}: {doubt}")
    return evaluation
