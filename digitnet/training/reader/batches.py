"""Mini-batches of new synthetic lines: no image is shown twice.

The lines of a batch have similar widths and are padded to the same one. The content of an epoch
depends only on the seed and the epoch, so a resumed training sees the same lines as one that was
never interrupted.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

from digitnet.synthesis.lines.line import Line, make_lines
from digitnet.synthesis.lines.writing.sources import Sources
from digitnet.training.reader.distort_line import distort_line
from digitnet.training.reader.targets import MAX_LABELS, Batch, OwnLine, labels_of, pack
from digitnet.vision.line_image import LINE_WIDTHS, padded_width

BATCH_WIDTH_PX = 3072
"""Total width of the lines in a batch, in pixels: 32 lines of 96 pixels."""
MIN_BATCH = 8
"""Minimum lines per batch, for wide lines: batch normalization needs several."""
MEAN_BATCH = 32
"""Average lines per batch."""

VALIDATION_PART = 20
"""Training lines per epoch for each validation line."""
_VALIDATION_SEED = 1

OWN_SHARE = 0.25
"""Fraction of the user's numbers in fine-tuning; the other lines prevent forgetting."""


def epoch_steps(lines: int) -> int:
    """Return the number of batches in an epoch of about this many lines."""
    return max(1, round(lines / MEAN_BATCH))


def validation_batches(sources: Sources, lines: int) -> list[Batch]:
    """Make the validation set: the same lines in every training with the same sources.

    Args:
        sources: characters that are not trained on.
        lines: the number of lines, at least 1.
    """
    rng = np.random.default_rng(_VALIDATION_SEED)
    made = [*islice(_readable_lines(sources, rng), lines)]
    return [
        pack(own[start : start + _batch_size(width)], width)
        for width in LINE_WIDTHS
        if (own := [line for line in made if padded_width(line.gray.shape[1]) == width])
        for start in range(0, len(own), _batch_size(width))
    ]


def epoch_batches(
    sources: Sources, seed: int, epoch: int, steps: int, own: Sequence[OwnLine] = ()
) -> Iterator[Batch]:
    """Make the batches of an epoch, each as soon as there are enough lines of its width.

    Args:
        sources: characters to train on.
        seed: the seed of the training.
        epoch: the epoch, counted from 0.
        steps: the number of batches.
        own: the user's numbers, distorted anew each time.
    """
    rng = np.random.default_rng([seed, epoch])
    fresh = _readable_lines(sources, rng)
    waiting: dict[int, list[Line | OwnLine]] = {width: [] for width in LINE_WIDTHS}
    done = 0
    while done < steps:
        line: Line | OwnLine
        if own and rng.random() < OWN_SHARE:
            line = distort_line(own[int(rng.integers(len(own)))], rng)
            width = padded_width(line.picture.shape[1])
        else:
            line = next(fresh)
            width = padded_width(line.gray.shape[1])
        waiting[width].append(line)
        if len(waiting[width]) == _batch_size(width):
            yield pack(waiting[width], width)
            waiting[width] = []
            done += 1


def _batch_size(width: int) -> int:
    return max(MIN_BATCH, BATCH_WIDTH_PX // width)


def _readable_lines(sources: Sources, rng: np.random.Generator) -> Iterator[Line]:
    """Make lines; skip the few with more symbols than a target has room for."""
    for line in make_lines(sources, rng):
        if len(labels_of(line.symbols)) <= MAX_LABELS:
            yield line
