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
        dataset: `mnist`, `digits` or a path; for a reader, also a folder of whole numbers.
        split: `test` for the held-out test set, `official` for the data set's own test set, `all`
            for every digit, including training digits. None means `test`, or `all` if the model
            was not trained on this data set.
        labels_from_name: where the label is in the file names of a folder of images, such as
            `{label}_*` for `7_0012.png`.
        notify: called with a one-line message about a problem with the data set; by default,
            issues a warning.

    Returns:
        An `Evaluation` for a classifier, which can draw figures, or a `LineEvaluation` for a
        reader.

    Raises:
        ValueError: `split` is not one of these.
        DigitnetError: the model or the data set cannot be read, or the split does not exist.
    """
    # imported here, so that `import digitnet` loads no NumPy, OpenCV, LiteRT or scikit-learn
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
    if doubt := measuring.diagnose_evaluation(loaded, evaluation):
        notify(f"{digits.name}: {doubt}")
    return evaluation
