"""Images in, predictions out: vision finds the digits, the network names them.

>>> from digitnet import Recognizer
>>> recognizer = Recognizer.load()
>>> import cv2, numpy as np
>>> page = np.full((120, 220), 255, np.uint8)  # white paper, and a pen
>>> cv2.polylines(page, [np.int32([[40, 20], [45, 100]])], False, 0, 7).shape
(120, 220)
>>> seven = np.int32([[120, 25], [170, 24], [140, 100]])
>>> prediction = recognizer.predict(cv2.polylines(page, [seven], False, 0, 7))
>>> prediction.digits
'17'
>>> [(box.digit, box.row, box.x < 60) for box in prediction.boxes]
[(1, 0, True), (7, 0, False)]
>>> 0.5 < prediction.confidence <= 1
True
"""

import contextlib
import math
import os
import pickle
import threading
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Literal, overload

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet import bundle
from digitnet.answers import COLUMNS, DIGIT, Answers
from digitnet.best_path import cut_apart, may_be_several
from digitnet.broken import put_together
from digitnet.errors import ImageError
from digitnet.escape import escape_controls
from digitnet.interruption import Interruption
from digitnet.litert import SIDE, Network
from digitnet.pipeline import cores, run_in_order
from digitnet.prediction import Box, Prediction
from digitnet.second_look import look_again
from digitnet.underlined import is_unsure, take_off_lines
from digitnet.vision import Limits, Region, decode_image, find_digits
from digitnet.vision.sources import Image, Source, check_several, take, to_gray_pixels

BATCH = 32
"""So many digits go through the network at once: what it computes for more leaves the cache."""

NO_DIGITS = np.empty((0, SIDE, SIDE), np.uint8)

DEFAULT_LIMITS = Limits()


class Recognizer:
    """Reads images with one trained model. It may be used by several threads at once.

    It can be copied and pickled: the model travels with it. A `notify` that cannot be pickled
    becomes the default.

    Args:
        model: a bundle, as `digitnet.bundle.load` gives it.
        threshold: the probability (0-1) below which a digit is not named; None for the model's own.
            Where more than a third of an image's digits are not named, none is.
        limits: how large an image may be.
        notify: is told in one line that begins with the path what of a file is not read: the frames
            of an animation behind the first, the pages of a TIFF. Called in any thread.

    Raises:
        BundleError: the network is damaged, or not digitnet's.
        ValueError: `threshold` is not from 0 to 1.
    """

    def __init__(
        self,
        model: bundle.Bundle,
        *,
        threshold: float | None = None,
        limits: Limits = DEFAULT_LIMITS,
        notify: Callable[[str], None] = warnings.warn,
    ) -> None:
        if threshold is not None and not 0 <= threshold <= 1:
            raise ValueError(f"threshold is {threshold}: it must be from 0 to 1")
        self.model = model
        self.threshold = model.threshold if threshold is None else threshold
        self.limits = limits
        self.notify = notify
        # The first network is made now, so that a model that cannot run is told at once.
        self._idle = [Network(model.tflite, model.name)]

    def __reduce__(self) -> tuple[Callable[..., "Recognizer"], tuple[object, ...]]:
        notify = self.notify if _can_be_pickled(self.notify) else warnings.warn
        return _make, (type(self), self.model, self.threshold, self.limits, notify)

    def __copy__(self) -> "Recognizer":
        return _make(type(self), self.model, self.threshold, self.limits, self.notify)

    def __deepcopy__(self, memo: object) -> "Recognizer":
        return self.__copy__()  # nothing changes the model, so that both may have it

    @classmethod
    def load(
        cls,
        model: str | os.PathLike[str] = "cnn",
        *,
        threshold: float | None = None,
        limits: Limits = DEFAULT_LIMITS,
        notify: Callable[[str], None] = warnings.warn,
    ) -> "Recognizer":
        """Load a model by its name or its folder.

        Args:
            model: a name (looked up in `./models`, then among the installed models) or a folder.
            threshold: the probability (0-1) below which a digit is not named; None for
                the model's own.
            limits: how large an image may be.
            notify: is told what of a file is not read; by default a Python warning is given.

        Raises:
            BundleError: there is no such model, or it is damaged.
            ValueError: `threshold` is not from 0 to 1.
        """
        return cls(bundle.load(model), threshold=threshold, limits=limits, notify=notify)

    def predict(self, image: Image, *, single: bool = False) -> Prediction:
        """Read one image.

        Args:
            image: a path, the bytes of an image file, the open file, an image of Pillow, or
                pixels (see `digitnet.vision.sources.Image`).
            single: the whole image is one digit.

        Raises:
            ImageError: it cannot be read. The message is one line that begins with the path.
            TypeError: it is no image at all.
            BundleError: the network fails.
        """
        return self._name([self._find(take(image, self.limits), single)], single)[0]

    @overload
    def predict_many(
        self,
        images: Iterable[Image],
        *,
        single: bool = False,
        jobs: int | None = None,
        return_exceptions: Literal[False] = False,
    ) -> Generator[Prediction, None, None]: ...

    @overload
    def predict_many(
        self,
        images: Iterable[Image | ImageError],
        *,
        single: bool = False,
        jobs: int | None = None,
        return_exceptions: Literal[True],
    ) -> Generator[Prediction | ImageError, None, None]: ...

    def predict_many(
        self,
        images: Iterable[Image] | Iterable[Image | ImageError],
        *,
        single: bool = False,
        jobs: int | None = None,
        return_exceptions: bool = False,
    ) -> Generator[Prediction | ImageError, None, None]:
        """Read images as they come, and answer in their order as soon as an answer is there.

        Args:
            images: may be endless and may block; only a bounded number is read ahead. An
                `ImageError` among them comes out in its place.
            single: each image is one digit.
            jobs: how many threads; None for one a core. The answers are the same for any number.
            return_exceptions: give an `ImageError` in place of a prediction and go on, instead of
                raising it.

        Yields:
            A prediction for each image.

        Raises:
            ImageError: an image cannot be read, and `return_exceptions` is False.
            TypeError: `images` is one image, or something among them is no image at all.
            ValueError: `jobs` is less than 1.
            BundleError: the network fails.
        """
        check_several(images)
        return self._stream(images, single, _threads(jobs), return_exceptions)

    def classify(
        self, digits: NDArray[np.uint8], *, jobs: int | None = None
    ) -> NDArray[np.float32]:
        """Name digits that are prepared already.

        Args:
            digits: (N, 28, 28) uint8 in MNIST's convention: white ink (255) on black (0), 20-pixel
                box, centre of mass in the middle.
            jobs: how many threads; None for one a core.

        Returns:
            (N, 10) float32, calibrated probabilities; each row sums to 1.

        Raises:
            ValueError: `digits` has another shape or type, or `jobs` is less than 1.
            BundleError: the network fails.
        """
        if digits.dtype != np.uint8 or digits.ndim != 3 or digits.shape[1:] != (SIDE, SIDE):
            raise ValueError(
                f"digits are {digits.dtype} {digits.shape}: expected uint8 (N, {SIDE}, {SIDE})"
            )
        return self._answers(digits, _threads(jobs))[:, DIGIT]

    def _answers(self, digits: NDArray[np.uint8], jobs: int = 1) -> Answers:
        """The answers to any number of pictures, after a second look where one is in doubt."""
        return look_again(
            digits, self._first_look(digits, jobs), lambda views: self._first_look(views, jobs)
        )

    def _first_look(self, digits: NDArray[np.uint8], jobs: int = 1) -> Answers:
        """The network's answers to any number of pictures."""
        batches = [digits[start : start + BATCH] for start in range(0, len(digits), BATCH)]
        if len(batches) < 2 or jobs == 1:
            results = [self._run(batch) for batch in batches]
        else:
            results = list(run_in_order(batches, self._run, list, min(jobs, len(batches))))
        return np.concatenate([np.empty((0, COLUMNS), np.float32), *results])

    def _run(self, digits: NDArray[np.uint8]) -> Answers:
        """Run one batch on a network that nobody else is using."""
        try:
            network = self._idle.pop()
        except IndexError:
            network = Network(self.model.tflite, self.model.name)
        try:
            with Interruption():
                return network.answer(digits)
        finally:
            self._idle.append(network)

    def _stream(
        self,
        images: Iterable[Image | ImageError],
        single: bool,
        jobs: int,
        return_exceptions: bool,
    ) -> Generator[Prediction | ImageError, None, None]:
        def sources() -> Iterator[Source | ImageError]:
            for image in images:
                try:
                    source = image if isinstance(image, ImageError) else take(image, self.limits)
                except ImageError as error:
                    source = error
                yield source

        def find(source: Source | ImageError) -> list[Region] | ImageError:
            try:
                return source if isinstance(source, ImageError) else self._find(source, single)
            except ImageError as error:
                return error

        def finish(found: list[list[Region] | ImageError]) -> list[Prediction | ImageError]:
            return self._answer(found, single)

        if jobs == 1:
            answers = (finish([find(source)])[0] for source in sources())
        else:
            answers = run_in_order(sources(), find, finish, jobs)
        with contextlib.closing(answers), _single_threaded_opencv:
            for answer in answers:
                if isinstance(answer, ImageError) and not return_exceptions:
                    raise answer
                yield answer

    def _find(self, source: Source, single: bool) -> list[Region]:
        with Interruption():
            return find_digits(self._gray(source), single=single)

    def _gray(self, source: Source) -> NDArray[np.uint8]:
        if isinstance(source, np.ndarray):
            return to_gray_pixels(source)
        try:
            return decode_image(
                source, self.limits, lambda message: self.notify(_about(source, message))
            )
        except ImageError as error:
            raise ImageError(_about(source, str(error))) from None

    def _answer(
        self, found: list[list[Region] | ImageError], single: bool
    ) -> list[Prediction | ImageError]:
        """Name the digits of those images that could be read."""
        read = [item for item in found if not isinstance(item, ImageError)]
        named = iter(self._name(read, single))
        return [item if isinstance(item, ImageError) else next(named) for item in found]

    def _name(self, found: list[list[Region]], single: bool) -> list[Prediction]:
        """Name the digits of several images, all in one batch, and part what hangs together."""
        rows = self._answers(_digits([region for regions in found for region in regions]))
        to_try = (may_be_several(rows) | is_unsure(rows)).tolist()
        probabilities = rows[:, DIGIT].tolist()
        predictions = []
        end = 0
        for regions in found:
            start, end = end, end + len(regions)
            own = probabilities[start:end]
            # (one digit, and it is sure, as in most images: there is no more to do)
            if not single and (len(regions) > 1 or any(to_try[start:end])):
                answers = rows[start:end]
                with Interruption():
                    regions, answers = put_together(regions, answers, self._look_at)
                    regions, answers = take_off_lines(regions, answers, self._look_at)
                    regions, answers = cut_apart(regions, answers, self._look_at)
                own = answers[:, DIGIT].tolist()
            predictions.append(_prediction(regions, own, self.threshold))
        return predictions

    def _look_at(self, regions: list[Region]) -> Answers:
        """The network's answers to pieces, at first sight: on a second, more wrong ones win."""
        return self._first_look(_digits(regions))


def _make(
    kind: type[Recognizer],
    model: bundle.Bundle,
    threshold: float,
    limits: Limits,
    notify: Callable[[str], None],
) -> Recognizer:
    """A recognizer as another one is, with a network of its own."""
    return kind(model, threshold=threshold, limits=limits, notify=notify)


def _can_be_pickled(thing: object) -> bool:
    try:
        pickle.dumps(thing)
    except Exception:  # of any kind: objects say in their own ways that they cannot
        return False
    return True


def _digits(regions: list[Region]) -> NDArray[np.uint8]:
    """What the network sees of regions, (N, 28, 28)."""
    return np.stack([region.digit for region in regions]) if regions else NO_DIGITS


def _threads(jobs: int | None) -> int:
    """The number of threads to use.

    Raises:
        ValueError: it is less than 1.
    """
    if jobs is not None and jobs < 1:
        raise ValueError(f"jobs is {jobs}: it must be at least 1")
    return jobs or cores()


def _about(source: Source, message: str) -> str:
    """Begin a message with the image's path, if it has one."""
    if isinstance(source, bytes | np.ndarray):
        return message
    return f"{escape_controls(os.fsdecode(source))}: {message}"


def _prediction(
    regions: list[Region], probabilities: list[list[float]], threshold: float
) -> Prediction:
    confidences = [max(row) for row in probabilities]
    sure = [confidence >= threshold for confidence in confidences]
    # Where more than a third is no digit, what looks like one is a letter or a part of a thing too.
    none = 3 * sum(sure) < 2 * len(sure)
    digits = ""
    boxes: list[Box] = []
    for region, row, confidence, named in zip(
        regions, probabilities, confidences, sure, strict=True
    ):
        digit = row.index(confidence) if named and not none else None
        if boxes and region.row != boxes[-1].row:
            digits += " "
        boxes.append(_box(region, digit, confidence, row))
        digits += boxes[-1].answer
    return Prediction(digits, math.prod(confidences) if boxes else None, tuple(boxes))


def _box(region: Region, digit: int | None, confidence: float, probabilities: list[float]) -> Box:
    return Box(
        digit=digit,
        confidence=confidence,
        x=region.x,
        y=region.y,
        width=region.width,
        height=region.height,
        row=region.row,
        probabilities=tuple(probabilities),
        seen=region.digit,
    )


class _SingleThreadedOpenCV:
    """Keeps OpenCV from starting threads of its own inside each of ours, as long as one is at work.

    For many small images they cost more than they bring. It is a setting of the whole process.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = self._before = 0

    def __enter__(self) -> None:
        with self._lock:
            if not self._users:
                self._before = cv2.getNumThreads()
                cv2.setNumThreads(1)
            self._users += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                cv2.setNumThreads(self._before)


_single_threaded_opencv = _SingleThreadedOpenCV()
