"""Mini-batches for classifiers: shuffled, distorted and mixed with synthetic images."""

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from threading import Event, Thread

import numpy as np
from numpy.typing import NDArray

from digitnet.data.pen_strokes import PenStrokes
from digitnet.model.targets import one_hot
from digitnet.synthesis.augment import distort
from digitnet.synthesis.characters.alphabets import PLAIN
from digitnet.synthesis.characters.drawn import make_drawn
from digitnet.synthesis.characters.fonts import find_faces
from digitnet.synthesis.outliers import make_outliers
from digitnet.synthesis.pen_characters import PenCharacters
from digitnet.synthesis.touching import make_pairs, make_pieces
from digitnet.training.options import TrainingOptions

Synthetic = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""Images uint8 (N, 28, 28), white ink on black, and their labels uint8 (N,)."""

Batch = tuple[NDArray[np.uint8], NDArray[np.float32]]
"""Images uint8 (B, 28, 28) and targets float32 (B, 33)."""

EXTRA_SHARE = 3 / 4
"""Synthetic images per training digit in a batch."""

PEN_DIGIT_SHARE, PEN_OTHER_SHARE = 1 / 4, 1 / 8
"""Digits, and letters and signs, drawn from pen strokes, per training digit in a batch; only if
pen strokes are given."""

OUTLIER_SHARE, PIECE_SHARE, PAIR_SHARE = 0.32, 0.24, 0.2
"""Fractions of outliers, pieces of touching digits and pairs of digits among the synthetic images;
the rest are drawn digits."""

FRESH_SHARE = 1 / 8
"""Fraction of the synthetic images of an epoch that are new."""
MIN_FRESH = 200
"""Minimum number of new synthetic images in an epoch."""
KEPT_EPOCHS = 40
"""Number of epochs for which synthetic images are kept. They are distorted anew for each use."""


class Batches:
    """Mini-batches of images and targets.

    The content of a batch depends only on the seed, the epoch and the index, so a resumed training
    sees the same images as one that was never interrupted.

    Attributes:
        epochs: the number of epochs of the training.
    """

    def __init__(
        self,
        options: TrainingOptions,
        images: NDArray[np.uint8],
        labels: NDArray[np.uint8],
        strokes: Sequence[PenStrokes] = (),
    ) -> None:
        """Prepare the batches.

        Args:
            options: batch size, seed, and whether to augment.
            images: uint8 (N, 28, 28), white ink on black.
            labels: uint8 (N,), 0-9.
            strokes: characters as pen strokes, drawn with varying pens.

        Raises:
            DatasetError: the folder of fonts cannot be used.
        """
        self.options = options
        self.by_pen = PenCharacters(strokes)
        self.extra_share = EXTRA_SHARE
        if self.by_pen.digits:
            self.extra_share += PEN_DIGIT_SHARE
        if self.by_pen.others:
            self.extra_share += PEN_OTHER_SHARE
        self.images = images
        self.labels = labels
        self.batch_size = min(options.batch_size, len(labels))
        self.faces = find_faces(options.fonts, PLAIN) if options.augment else []
        self.extra: NDArray[np.uint8] = np.empty((0, *images.shape[1:]), np.uint8)
        self.extra_labels = np.empty(0, np.uint8)
        self.epochs = options.epochs_for(len(labels))
        self.epochs_drawn = options.warm_up
        self.ahead: Future[Synthetic] | None = None
        self.closed = Event()
        self.start_epoch(0)

    def __len__(self) -> int:
        """The number of full batches in an epoch."""
        return len(self.images) // self.batch_size

    def start_epoch(self, epoch: int) -> None:
        """Shuffle the digits for an epoch, counted from 0, and add its new synthetic images."""
        self.epoch = epoch
        self.order = np.random.default_rng([self.options.seed, epoch]).permutation(len(self.images))
        while self.options.augment and self.epochs_drawn <= epoch:
            pictures, labels = (self.ahead or self._draw_ahead()).result()
            most = KEPT_EPOCHS * len(labels)
            self.extra = np.concatenate([self.extra, pictures])[-most:]
            self.extra_labels = np.concatenate([self.extra_labels, labels])[-most:]
            self.epochs_drawn += 1
            last = self.epochs_drawn >= self.epochs
            self.ahead = None if last else self._draw_ahead()

    def close(self) -> None:
        """Stop drawing and wait for the drawing thread, so that the program can exit."""
        self.closed.set()
        if self.ahead:
            self.ahead.exception()

    def _draw_ahead(self) -> Future[Synthetic]:
        """Draw the next epoch's new images in a thread while the network trains."""
        drawn: Future[Synthetic] = Future()
        seed = [self.options.seed, self.epochs_drawn]

        def draw() -> None:
            try:
                drawn.set_result(self._draw(np.random.default_rng(seed)))
            except BaseException as error:  # `result` raises it again
                drawn.set_exception(error)

        Thread(target=draw, name="draw").start()
        return drawn

    def _draw(self, rng: np.random.Generator) -> Synthetic:
        """Draw the images that one epoch adds, with their labels."""
        count = max(MIN_FRESH, round(FRESH_SHARE * EXTRA_SHARE * len(self.images)))
        outliers, pieces, pairs = (
            round(share * count) for share in (OUTLIER_SHARE, PIECE_SHARE, PAIR_SHARE)
        )
        makers: list[Callable[[], Synthetic]] = [
            lambda: make_outliers(self.images, outliers, self.faces, rng),
            lambda: make_pieces(self.images, self.labels, pieces, self.faces, rng),
            lambda: make_pairs(self.images, self.labels, pairs, rng),
            lambda: make_drawn(count - outliers - pieces - pairs, self.faces, rng),
            lambda: self.by_pen.draw_digits(round(PEN_DIGIT_SHARE / EXTRA_SHARE * count), rng),
            lambda: self.by_pen.draw_others(round(PEN_OTHER_SHARE / EXTRA_SHARE * count), rng),
        ]
        made = []
        for make in makers:
            if self.closed.is_set():
                raise CancelledError
            made.append(make())
        pictures, labels = zip(*made, strict=True)
        return np.concatenate(pictures), np.concatenate(labels)

    def __getitem__(self, index: int) -> Batch:
        """Images uint8 (B, 28, 28) and targets float32 (B, 33)."""
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        images, labels = self.images[chosen], self.labels[chosen]
        if not self.options.augment or self.epoch < self.options.warm_up:
            return images, one_hot(labels)
        rng = np.random.default_rng([self.options.seed, self.epoch, index])
        extra = rng.integers(len(self.extra), size=round(self.extra_share * self.batch_size))
        mixed = np.concatenate([images, self.extra[extra]])
        labels = np.concatenate([labels, self.extra_labels[extra]])
        return distort(mixed, rng), one_hot(labels)
