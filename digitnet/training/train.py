"""Trains a classifier, calibrates it, and writes it as a bundle.

Mini-batch gradient descent minimizes the loss (cross-entropy) on the training set. After each
epoch, the network is evaluated on the validation set; the weights with the lowest validation loss
are kept. (Fine-tuning with old digits keeps those of the last epoch.) The test set is used once, at
the end, with the same LiteRT file that `predict` runs.

During training, the state for resuming is saved beside the output (see `checkpoint`). The bundle
is written at the end.
"""

import contextlib
import functools
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from digitnet.data.datasets import Dataset, Split, rebuild_split
from digitnet.data.parts import Part
from digitnet.errors import DatasetError, DigitnetError
from digitnet.evaluation.disputed import UNDISPUTED
from digitnet.evaluation.evaluate import evaluate, trained_on
from digitnet.interruption import Interruption
from digitnet.model import bundle
from digitnet.model.bundle import Bundle
from digitnet.model.kinds import Kind
from digitnet.reading.recognizer import Recognizer
from digitnet.training.batches import Batches
from digitnet.training.calibration import find_temperature, rejection_threshold
from digitnet.training.checkpoint import Checkpoint, best_epoch, write_rows
from digitnet.training.classifier import (
    DigitError,
    as_dataset,
    logits_of,
    validation_batches,
)
from digitnet.training.fit import (
    Listener,
    Task,
    fit,
    keep_freed_memory,
    restart_advice,
    restore,
)
from digitnet.training.frame import (
    check_output,
    describe,
    export,
    load_network,
    locked_state,
    versions,
    write_model,
)
from digitnet.training.learning_rates import learning_rate
from digitnet.training.networks import (
    as_targets,
    build,
    cross_entropy,
    with_probabilities,
    without_probabilities,
)
from digitnet.training.optimizers import make_optimizer
from digitnet.training.options import TrainingOptions
from digitnet.training.rehearsal import (
    Memory,
    Rehearsal,
    join,
    recall,
    train_on_all,
)
from digitnet.training.strokes import (
    Strokes,
    describe_strokes,
    digest_with,
    recall_strokes,
    stroke_summaries,
)

CARD_DECIMALS = 6
"""Decimals of the figures in a model card."""

NETWORK_OPTIONS = "network", "activation", "hidden", "feedback"
"""The options that fine-tuning takes from the trained model."""


def train(
    options: TrainingOptions,
    dataset: Dataset,
    split: Split,
    output: Path,
    listener: Listener,
    strokes: Sequence[Strokes] = (),
    *,
    resume: bool = False,
    finish: bool = False,
    force: bool = False,
) -> Bundle:
    """Train a network and write its bundle.

    Args:
        options: what to train and how.
        dataset: the digits; only `split.train` and `split.validation` are used for training.
        split: the training, validation and test sets.
        output: the folder for the bundle.
        listener: receives training progress.
        strokes: files of pen strokes to train on as well; fine-tuning uses those of the model
            instead.
        resume: continue an interrupted training of this output.
        finish: stop training and save the best epoch as a model.
        force: replace a bundle at `output`.

    Returns:
        The trained model.

    Raises:
        OutputError: the output exists already or cannot be written, or there is nothing to resume.
        BundleError: the model to fine-tune cannot be read.
        DatasetError: the model to fine-tune was trained on digits of the test set, the training to
            resume used other digits, or the fonts cannot be used.
        DigitnetError: the loss is not finite, or there is too little memory for a batch.
        KeyboardInterrupt: Ctrl-C, or another signal that raises it (see
            `digitnet.interruption`); the progress is saved beside the output.
    """
    check_output(output, resume=resume, force=force)
    parent = bundle.load(options.start, Kind.CLASSIFIER) if options.start else None
    if parent:
        _check_unseen(parent, dataset, split)
        strokes = recall_strokes(parent)
    memories = recall(parent, dataset, options) if parent else []
    if memories:
        split = train_on_all(split)
    digest = dataset.digest if parent else digest_with(dataset, strokes)
    with locked_state(options, digest, output, resume=resume, finish=finish) as (
        state,
        interruption,
    ):
        return _train(
            options,
            dataset,
            split,
            strokes,
            memories,
            output,
            listener,
            interruption,
            state,
            parent,
            finish=finish,
            force=force,
        )


def _train(
    options: TrainingOptions,
    dataset: Dataset,
    split: Split,
    strokes: Sequence[Strokes],
    memories: Sequence[Memory],
    output: Path,
    listener: Listener,
    interruption: Interruption,
    state: Checkpoint,
    parent: Bundle | None,
    *,
    finish: bool,
    force: bool,
) -> Bundle:
    """Train from the state in `state`, calibrate, and write the bundle."""
    keep_freed_memory()
    keras.utils.set_random_seed(options.seed)
    logits = _network(options, parent)
    new = dataset.images[split.train], dataset.labels[split.train]
    by_pen = [one.training for one in strokes]
    if memories:
        before = as_targets(_network(options, parent))
        batches: Batches = Rehearsal(options, new, memories, before.predict_on_batch, by_pen)
        validation = join(memory.validation for memory in memories)
    else:
        batches = Batches(options, *new, by_pen)
        validation = dataset.images[split.validation], dataset.labels[split.validation]
    interruption.deliver()
    rate = functools.partial(
        learning_rate, options, options.warm_up * len(batches), batches.epochs * len(batches)
    )
    task = Task(
        logits,
        options,
        make_optimizer(options),
        cross_entropy,
        DigitError(name="error"),
        batches,
        as_dataset(batches),
        validation_batches(validation),
        rate,
        shown=f"{'distorted' if options.augment else 'plain'} digits",
        sources=[
            _split_summary(options, split),
            *map(_memory_summary, memories),
            *stroke_summaries(strokes),
        ],
        # old digits measure forgetting, not how well the new handwriting is learned
        stops=not memories,
    )
    with contextlib.closing(batches):
        try:
            fit(task, state, listener, interruption, finish=finish)
        except (MemoryError, tf.errors.ResourceExhaustedError):
            raise DigitnetError(
                f"not enough memory for a batch of {batches.batch_size:,} digits: "
                + restart_advice(state, "a smaller --batch-size")
            ) from None
    history = state.read_history()
    fitted = time.monotonic()

    if parent and memories:
        restore(logits, state, len(history))
        # a few digits of one writer are too few for calibration, and the predictions for old digits
        # have hardly changed
        temperature = float(parent.card["temperature"])
    else:
        restore(logits, state, best_epoch(history, options.warm_up))
        temperature = find_temperature(functools.partial(logits_of, logits), *validation)
    interruption.deliver()

    def fill(fresh: Path) -> dict[str, Any]:
        export(with_probabilities(logits, temperature), fresh)
        write_rows(fresh / bundle.HISTORY_FILE, history)
        card = {
            "kind": Kind.CLASSIFIER.value,
            "network": logits.name,
            "hyper_parameters": _hyper_parameters(options, parent),
            "datasets": [
                *(parent.card["datasets"] if parent else []),
                {
                    **describe(dataset, split, options, options.limit),
                    "rehearsed": [memory.name for memory in memories],
                },
            ],
            "pen_strokes": (
                parent.card.get("pen_strokes", [])
                if parent
                else describe_strokes(strokes, options.seed)
            ),
            "versions": versions(),
            "parameters": logits.count_params(),
            "epochs": len(history),
            "temperature": round(temperature, 6),
        }
        draft = Bundle(fresh, card)
        card["files"] = bundle.digests(fresh)
        card["threshold"] = (
            parent.threshold if parent and memories else _threshold(draft, validation[0])
        )
        card["measured"] = _measure(draft, dataset)
        seconds = sum(row["seconds"] for row in history) + time.monotonic() - fitted
        card["seconds"] = round(seconds, 1)
        interruption.deliver()  # for the last time before the model is written
        return card

    return write_model(output, fill, state, force=force)


def _split_summary(options: TrainingOptions, split: Split) -> str:
    """Return a line about the sizes of the training, validation and test sets."""
    official = f" ({len(split.official):,} official)" if len(split.official) else ""
    return (
        f"{options.dataset}: {len(split.train):,} training, {len(split.validation):,} validation, "
        f"{len(split.test):,} test digits{official}"
    )


def _memory_summary(memory: Memory) -> str:
    return (
        f"rehearsal of {memory.name}, against forgetting: "
        f"{len(memory.shown[1]):,} training, {len(memory.validation[1]):,} validation digits"
    )


def _threshold(draft: Bundle, validation: NDArray[np.uint8]) -> float:
    """Find the rejection threshold from the predictions of the exported model."""
    answers = Recognizer(draft, threshold=0.0).classify(validation)
    return round(rejection_threshold(answers), 6)


def _check_unseen(parent: Bundle, dataset: Dataset, split: Split) -> None:
    """Check that the test set contains no digit that the parent was trained on.

    Raises:
        DatasetError: it does.
    """
    entry = trained_on(parent, dataset)
    if entry is None:
        return
    learned = rebuild_split(dataset, entry)
    seen = np.intersect1d(split.test, np.union1d(learned.train, learned.validation))
    if len(seen):
        limit = f"--limit {entry['limit']}" if entry["limit"] else "no --limit"
        raise DatasetError(
            f"{parent.folder} was trained on {len(seen):,} of the {len(split.test):,} digits in "
            f"this test set: give --seed {entry['seed']}, --test-fraction "
            f"{entry['test_fraction']} and {limit}, as in its training"
        )


def _network(options: TrainingOptions, parent: Bundle | None) -> keras.Model:
    """Return a new network, or the one to fine-tune, from pixels to logits."""
    if parent is None:
        return build(
            options.network,
            activation=options.activation,
            hidden=options.hidden,
            feedback=options.feedback,
        )
    return load_network(parent, without_probabilities)


def _measure(draft: Bundle, dataset: Dataset) -> dict[str, Any]:
    """Evaluate the model on the test set, its official digits, and the undisputed ones of these.

    This is the only use of the test set.
    """
    evaluation = evaluate(draft, dataset, Part.TEST)
    measured = {Part.TEST.value: evaluation.measurement.figures(CARD_DECIMALS)}
    if evaluation.official:
        measured[Part.OFFICIAL.value] = evaluation.official.figures(CARD_DECIMALS)
    if evaluation.undisputed:
        measured[UNDISPUTED] = evaluation.undisputed.figures(CARD_DECIMALS)
    return measured


def _hyper_parameters(options: TrainingOptions, parent: Bundle | None) -> dict[str, Any]:
    """Return the model card's entry for the options; a parent determines those of the network."""
    inherited = parent.card["hyper_parameters"] if parent else {}
    own = options.as_dict()
    return own | {name: inherited.get(name, own[name]) for name in NETWORK_OPTIONS}
