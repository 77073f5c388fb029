"""Recognizes digits: vision finds lines, the reader reads them, the classifier confirms digits.

>>> from digitnet import Recognizer
>>> prediction = Recognizer.load().predict("samples/page-two-rows.png")
>>> prediction.digits, [box.row for box in prediction.boxes]
('14725 8036', [0, 0, 0, 0, 0, 1, 1, 1, 1])
>>> 0.5 < prediction.confidence <= 1
True
"""

import contextlib
import functools
import os
import pickle
import warnings
from collections.abc import Callable, Generator, Iterable
from dataclasses import replace
from typing import Literal, overload

import numpy as np
from numpy.typing import NDArray

from digitnet.errors import ImageError
from digitnet.model import bundle
from digitnet.model.kinds import Kind
from digitnet.model.litert import SIDE
from digitnet.model.probabilities import DIGIT
from digitnet.reading.answer import answer_digits
from digitnet.reading.classifying.classifier import Classifier
from digitnet.reading.find_writing import Detected, ReadingMode, checked_mode, find_writing
from digitnet.reading.original import Original
from digitnet.reading.pipeline import run_past_errors, threads
from digitnet.reading.prediction import Prediction
from digitnet.reading.read_images import Explanation, ImageReader
from digitnet.reading.read_lines import LineReading
from digitnet.vision import GridSize, Layout, Limits, find_grid, find_lines
from digitnet.vision.decoding.limits import DEFAULT_LIMITS
from digitnet.vision.decoding.sources import (
    Image,
    Source,
    check_several,
    take,
    take_each,
    take_pages,
    to_gray_image,
)
from digitnet.vision.find import normal_digit
from digitnet.vision.opencv import single_threaded_opencv


class Recognizer:
    """Reads images with a classifier and a reader. Thread-safe; can be copied and pickled.

    A `notify` that cannot be pickled is replaced by the default.

    Args:
        model: a classifier's bundle, from `digitnet.model.bundle.load`.
        reader: a reader's bundle; with None, each connected component is classified as a digit.
        threshold: the probability (0-1) below which a symbol becomes `?`; None for the models' own.
        limits: how large an image may be.
        notify: receives one line, beginning with the path, about content that is not read, such as
            later pages; by default, a Python warning. It is called from any thread.

    Attributes:
        model: the classifier's bundle.
        reader: the reader's bundle, or None.
        threshold: the probability (0-1) below which a classified digit becomes `?`.
        limits: how large an image may be.
        notify: receives notes about images.

    Raises:
        BundleError: a network is damaged, or was not made by digitnet.
        ValueError: `threshold` is not from 0 to 1.
    """

    def __init__(
        self,
        model: bundle.Bundle,
        reader: bundle.Bundle | None = None,
        *,
        threshold: float | None = None,
        limits: Limits = DEFAULT_LIMITS,
        notify: Callable[[str], None] = warnings.warn,
    ) -> None:
        if threshold is not None and not 0 <= threshold <= 1:
            raise ValueError(f"threshold is {threshold}: it must be from 0 to 1")
        self.model = model
        self.reader = reader
        self.limits = limits
        self.notify = notify
        self._given_threshold = threshold
        self._classifier = Classifier(model)
        self.threshold = model.threshold if threshold is None else threshold
        self._lines = ImageReader(reader, threshold) if reader else None

    def __reduce__(self) -> tuple[Callable[..., "Recognizer"], tuple[object, ...]]:
        try:
            pickle.dumps(self.notify)
        except Exception:  # objects fail to pickle with errors of many types
            return self._factory(warnings.warn), ()
        return self._factory(self.notify), ()

    def __copy__(self) -> "Recognizer":
        return self._factory(self.notify)()

    def __deepcopy__(self, memo: object) -> "Recognizer":
        return self.__copy__()  # the models are never modified, so both can share them

    def _factory(self, notify: Callable[[str], None]) -> Callable[[], "Recognizer"]:
        """Return a function that makes a recognizer like this one, with its own networks."""
        return functools.partial(
            type(self),
            self.model,
            self.reader,
            threshold=self._given_threshold,
            limits=self.limits,
            notify=notify,
        )

    @classmethod
    def load(
        cls,
        model: str | os.PathLike[str] = "cnn",
        reader: str | os.PathLike[str] | None = "reader",
        *,
        threshold: float | None = None,
        limits: Limits = DEFAULT_LIMITS,
        notify: Callable[[str], None] = warnings.warn,
    ) -> "Recognizer":
        """Load models by name or folder.

        Args:
            model: a classifier: a name (searched in `./models`, then among the installed models) or
                a folder.
            reader: a reader: a name or a folder; None to classify each connected component.
            threshold: as for `Recognizer`.
            limits: as for `Recognizer`.
            notify: as for `Recognizer`.

        Raises:
            BundleError: a model does not exist, is of the other kind, or is damaged.
            ValueError: `threshold` is not from 0 to 1.
        """
        return cls(
            bundle.load(model, Kind.CLASSIFIER),
            None if reader is None else bundle.load(reader, Kind.READER),
            threshold=threshold,
            limits=limits,
            notify=notify,
        )

    def predict(
        self, image: Image, *, single: bool = False, grid: GridSize | None = None
    ) -> Prediction:
        """Read one image.

        Args:
            image: a path, the bytes of an image file, an open file, a Pillow image, or an array of
                pixels (see `digitnet.vision.decoding.sources.Image`).
            single: treat the whole image as one digit.
            grid: the (rows, columns) of the table in the image, or "auto"; see `Prediction.grid`.

        Raises:
            ImageError: unreadable image, or no such table in it. The message begins with the path.
            TypeError: `image` is not of a supported type.
            ValueError: the table size is not allowed, or there is no reader.
            BundleError: a network cannot be run.
        """
        mode = checked_mode(ReadingMode(self._lines is not None, single, grid))
        source = take(image, self.limits)
        (prediction,) = self._answer([find_writing(source, mode, self.limits, self.notify)])
        return replace(prediction, original=Original.of(source, self.limits))

    def predict_pages(
        self,
        image: Image,
        *,
        pages: range | None = None,
        grid: GridSize | None = None,
        jobs: int | None = None,
    ) -> Generator[Prediction, None, None]:
        """Read a PDF, a TIFF, or an animated GIF or WebP page by page.

        (`predict` reads the first page.)

        Args:
            image: as for `predict`.
            pages: the numbers of the pages to read, from 1; missing pages are skipped.
            grid: as for `predict`, for each page.
            jobs: as for `predict_many`.

        Yields:
            A prediction for each page; one for an image of one page.

        Raises:
            ImageError: a page cannot be read, or no page is left to read.
            TypeError: `image` is not of a supported type.
            ValueError: `jobs` is not from 1 to 1,024, or `grid` is not allowed.
            BundleError: a network cannot be run.
        """
        return self.predict_many(take_pages(image, self.limits, pages), grid=grid, jobs=jobs)

    def find_lines(
        self, gray: NDArray[np.uint8], *, single: bool = False, grid: GridSize | None = None
    ) -> tuple[Layout, list[LineReading]]:
        """Find the lines that the reader reads, to explain an answer.

        Args:
            gray: (H, W) uint8, not empty, 0 (dark) to 255 (light).
            single: as for `predict`.
            grid: as for `predict`.

        Returns:
            The layout, and the lines that the answer was read from, or the whole image as one line.
            There are no lines without a reader, with `single`, or for an image in MNIST's format.

        Raises:
            ImageError, BundleError: as for `predict`.
        """
        layout = find_grid(gray, grid) if grid else find_lines(gray)
        if self._lines is None or single or (not grid and normal_digit(gray)):
            return layout, []
        return layout, self._lines.explain(layout, self._classifier.answer)[0]

    def explain(self, image: Image) -> Explanation:
        """Read one image and keep the intermediate results. The answer equals that of `predict`.

        Args:
            image: as for `predict`.

        Raises:
            ImageError, TypeError, BundleError: as for `predict`.
        """
        gray = to_gray_image(take(image, self.limits), self.limits, self.notify)
        mode = ReadingMode(by_lines=self._lines is not None)
        detected = find_writing(gray, mode, self.limits, self.notify)
        if self._lines is None or not isinstance(detected, Layout):
            return Explanation(gray, find_lines(gray), [], self._answer([detected])[0])
        return Explanation(gray, detected, *self._lines.explain(detected, self._classifier.answer))

    @overload
    def predict_many(
        self,
        images: Iterable[Image],
        *,
        single: bool = False,
        grid: GridSize | None = None,
        jobs: int | None = None,
        return_exceptions: Literal[False] = False,
    ) -> Generator[Prediction, None, None]: ...

    @overload
    def predict_many(
        self,
        images: Iterable[Image | ImageError],
        *,
        single: bool = False,
        grid: GridSize | None = None,
        jobs: int | None = None,
        return_exceptions: Literal[True],
    ) -> Generator[Prediction | ImageError, None, None]: ...

    def predict_many(
        self,
        images: Iterable[Image] | Iterable[Image | ImageError],
        *,
        single: bool = False,
        grid: GridSize | None = None,
        jobs: int | None = None,
        return_exceptions: bool = False,
    ) -> Generator[Prediction | ImageError, None, None]:
        """Read a stream of images in parallel, and yield predictions in order.

        A prediction keeps the path of its image, but neither bytes nor pixels.

        Args:
            images: may be endless and may block; only a bounded number is read ahead. An
                `ImageError` among them is treated like an unreadable image.
            single: treat each image as one digit.
            grid: as for `predict`, for each image.
            jobs: the number of threads; None for one per core. It does not affect the answers.
            return_exceptions: yield an `ImageError` in place of a prediction, instead of raising
                it.

        Yields:
            A prediction for each image.

        Raises:
            ImageError: an image cannot be read, and `return_exceptions` is False.
            TypeError: `images` is a single image, or an item is not of a supported type.
            ValueError: `jobs` is not from 1 to 1,024, or `grid` is not allowed.
            BundleError: a network cannot be run.
        """
        check_several(images)
        mode = checked_mode(ReadingMode(self._lines is not None, single, grid))
        return self._stream(images, mode, threads(jobs), return_exceptions)

    def classify(
        self, digits: NDArray[np.uint8], *, jobs: int | None = None
    ) -> NDArray[np.float32]:
        """Classify preprocessed digits.

        Args:
            digits: (N, 28, 28) uint8 in MNIST's format: white ink (255) on black (0), scaled to a
                20-pixel box, with the centre of mass in the middle.
            jobs: the number of threads; None for one per core.

        Returns:
            (N, 10) float32, calibrated probabilities; each row sums to 1.

        Raises:
            ValueError: `digits` has another shape or type, or `jobs` is not from 1 to 1,024.
            BundleError: a network cannot be run.
        """
        if digits.dtype != np.uint8 or digits.ndim != 3 or digits.shape[1:] != (SIDE, SIDE):
            raise ValueError(
                f"digits are {digits.dtype} {digits.shape}: expected uint8 (N, {SIDE}, {SIDE})"
            )
        return self._classifier.answer(digits, threads(jobs))[:, DIGIT]

    def _stream(
        self,
        images: Iterable[Image | ImageError],
        mode: ReadingMode,
        jobs: int,
        return_exceptions: bool,
    ) -> Generator[Prediction | ImageError, None, None]:
        def find(source: Source | ImageError) -> tuple[Detected, Original | None]:
            if isinstance(source, ImageError):
                raise source
            original = Original.of(source, self.limits)
            detected = find_writing(source, mode, self.limits, self.notify)
            return detected, original if original.is_path else None

        def answer(found: list[tuple[Detected, Original | None]]) -> list[Prediction]:
            pairs = zip(self._answer([detected for detected, _ in found]), found, strict=True)
            return [replace(prediction, original=original) for prediction, (_, original) in pairs]

        answers = run_past_errors(take_each(images, self.limits), find, answer, jobs)
        with contextlib.closing(answers), single_threaded_opencv:
            for outcome in answers:
                if isinstance(outcome, ImageError) and not return_exceptions:
                    raise outcome
                yield outcome

    def _answer(self, detected: list[Detected]) -> list[Prediction]:
        """Read several images in one batch."""
        digits = [region.digit for item in detected if isinstance(item, list) for region in item]
        named = iter(self._classifier.answer(digits)[:, DIGIT].tolist())
        layouts = [item for item in detected if isinstance(item, Layout)]
        read = iter(self._lines.answer(layouts, self._classifier.answer) if self._lines else ())
        return [
            next(read)
            if isinstance(item, Layout)
            else answer_digits(item, [next(named) for _ in item], self.threshold)
            for item in detected
        ]
