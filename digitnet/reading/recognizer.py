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
import functools
import os
import pickle
import warnings
from collections.abc import Callable, Generator, Iterable
from typing import Literal, overload

import numpy as np
from numpy.typing import NDArray

from digitnet.errors import ImageError
from digitnet.interruption import Interruption
from digitnet.model import bundle
from digitnet.model.litert import SIDE, Networks
from digitnet.model.probabilities import COLUMNS, DIGIT, Probabilities
from digitnet.reading import merge_components, remove_underline, segmentation_graph
from digitnet.reading.pipeline import run_in_order, threads
from digitnet.reading.prediction import Prediction, make_prediction, too_many_refused
from digitnet.reading.remove_underline import is_uncertain, remove_underlines
from digitnet.reading.segmentation_graph import may_be_several, split_touching
from digitnet.reading.test_time_augmentation import AT_ONCE, augment_uncertain
from digitnet.vision import Found, Limits, Region, find_all
from digitnet.vision.decoding.sources import (
    Image,
    Source,
    about,
    check_several,
    take,
    take_each,
    to_gray_image,
)
from digitnet.vision.opencv import single_threaded_opencv

BATCH_SIZE = 32
"""So many digits go through the network at once: what it computes for more leaves the cache."""

NO_DIGITS = np.empty((0, SIDE, SIDE), np.uint8)

DEFAULT_LIMITS = Limits()


class Recognizer:
    """Reads images with one trained model. It may be used by several threads at once.

    It can be copied and pickled: the model travels with it. A `notify` that cannot be pickled
    becomes the default.

    Args:
        model: a bundle, as `digitnet.model.bundle.load` gives it.
        threshold: the probability (0-1) below which a digit is not named; None for the model's own.
            Where more than a third of an image's digits are not named, none is.
        limits: how large an image may be.
        notify: is told in one line that begins with the path what is not read: the frames of an
            animation behind the first, the pages of a TIFF, ink of more than 1,000 pieces; by
            default by a Python warning. Called in any thread.

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
        self._networks = Networks(model.tflite, model.name)

    def __reduce__(self) -> tuple[Callable[..., "Recognizer"], tuple[object, ...]]:
        notify = self.notify if _can_be_pickled(self.notify) else warnings.warn
        return self._maker(notify), ()

    def __copy__(self) -> "Recognizer":
        return self._maker(self.notify)()

    def __deepcopy__(self, memo: object) -> "Recognizer":
        return self.__copy__()  # nothing changes the model, so that both may have it

    def _maker(self, notify: Callable[[str], None]) -> Callable[[], "Recognizer"]:
        """Makes a recognizer like this one, with networks of its own."""
        return functools.partial(
            type(self), self.model, threshold=self.threshold, limits=self.limits, notify=notify
        )

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
            threshold: as of `Recognizer`.
            limits: as of `Recognizer`.
            notify: as of `Recognizer`.

        Raises:
            BundleError: there is no such model, or it is damaged.
            ValueError: `threshold` is not from 0 to 1.
        """
        return cls(bundle.load(model), threshold=threshold, limits=limits, notify=notify)

    def predict(self, image: Image, *, single: bool = False) -> Prediction:
        """Read one image.

        Args:
            image: a path, the bytes of an image file, the open file, an image of Pillow, or
                pixels (see `digitnet.vision.decoding.sources.Image`).
            single: the whole image is one digit.

        Raises:
            ImageError: it cannot be read. The message is one line that begins with the path.
            TypeError: it is no image at all.
            BundleError: the network fails.
        """
        return self._predict_regions([self._find(take(image, self.limits), single)], single)[0]

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
            ValueError: `jobs` is not from 1 to 1,024.
            BundleError: the network fails.
        """
        check_several(images)
        return self._stream(images, single, threads(jobs), return_exceptions)

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
            ValueError: `digits` has another shape or type, or `jobs` is not from 1 to 1,024.
            BundleError: the network fails.
        """
        if digits.dtype != np.uint8 or digits.ndim != 3 or digits.shape[1:] != (SIDE, SIDE):
            raise ValueError(
                f"digits are {digits.dtype} {digits.shape}: expected uint8 (N, {SIDE}, {SIDE})"
            )
        return self._answers(digits, threads(jobs))[:, DIGIT]

    def _answers(self, digits: NDArray[np.uint8], jobs: int = 1) -> Probabilities:
        """Probabilities of any number of pictures, with test-time augmentation."""
        return augment_uncertain(
            digits,
            self._classify_once(digits, jobs),
            lambda views: self._classify_once(views, jobs),
        )

    def _classify_once(self, digits: NDArray[np.uint8], jobs: int = 1) -> Probabilities:
        """The network's answers to any number of pictures."""
        batches = [
            digits[start : start + BATCH_SIZE] for start in range(0, len(digits), BATCH_SIZE)
        ]
        if len(batches) < 2 or jobs == 1:
            results = [self._networks.answer(batch) for batch in batches]
        else:
            results = list(
                run_in_order(batches, self._networks.answer, list, min(jobs, len(batches)))
            )
        return np.concatenate([np.empty((0, COLUMNS), np.float32), *results])

    def _stream(
        self,
        images: Iterable[Image | ImageError],
        single: bool,
        jobs: int,
        return_exceptions: bool,
    ) -> Generator[Prediction | ImageError, None, None]:
        def find(source: Source | ImageError) -> Found | ImageError:
            try:
                return source if isinstance(source, ImageError) else self._find(source, single)
            except ImageError as error:
                return error

        def finish(found: list[Found | ImageError]) -> list[Prediction | ImageError]:
            read = [item for item in found if not isinstance(item, ImageError)]
            named = iter(self._predict_regions(read, single))
            return [item if isinstance(item, ImageError) else next(named) for item in found]

        sources = take_each(images, self.limits)
        if jobs == 1:
            answers = (finish([find(source)])[0] for source in sources)
        else:
            answers = run_in_order(sources, find, finish, jobs)
        with contextlib.closing(answers), single_threaded_opencv:
            for answer in answers:
                if isinstance(answer, ImageError) and not return_exceptions:
                    raise answer
                yield answer

    def _find(self, source: Source, single: bool) -> Found:
        with Interruption():
            gray = to_gray_image(source, self.limits, self.notify)
            found = find_all(gray, single=single)
        if found.left_out:
            more = f"{found.left_out:,} pieces of ink more than can be read at once"
            self.notify(about(source, f"{more}, so that no digit is named; cut it into parts"))
        return found

    def _predict_regions(self, found: list[Found], single: bool) -> list[Prediction]:
        """Name the digits of several images, all in one batch, and part what hangs together."""
        rows = self._look(found)
        to_try = (may_be_several(rows) | is_uncertain(rows)).tolist()
        probabilities = rows[:, DIGIT].tolist()
        predictions = []
        end = 0
        for regions, left_out in found:
            start, end = end, end + len(regions)
            own = probabilities[start:end]
            # (one digit, and it is sure, as in most images: there is no more to do)
            if not (single or left_out) and (len(regions) > 1 or any(to_try[start:end])):
                answers = rows[start:end]
                with Interruption():
                    regions, answers = merge_components.merge_components(
                        regions, answers, self._classify_regions
                    )
                    regions, answers = remove_underlines(regions, answers, self._classify_regions)
                    regions, answers = split_touching(regions, answers, self._classify_regions)
                own = answers[:, DIGIT].tolist()
            predictions.append(make_prediction(regions, own, self.threshold, complete=not left_out))
        return predictions

    def _look(self, found: list[Found]) -> Probabilities:
        """Probabilities of all regions, with test-time augmentation where it can matter."""
        digits = _digits([region for item in found for region in item.regions])
        first = self._classify_once(digits)
        if max((len(item.regions) for item in found), default=0) <= AT_ONCE:
            return augment_uncertain(digits, first, self._classify_once)
        # A page whose digits will all be refused need not be looked at to its end.
        ends = np.cumsum([len(item.regions) for item in found])[:-1]
        answers = []
        for item, seen, rows in zip(
            found, np.split(digits, ends), np.split(first, ends), strict=True
        ):
            is_settled = functools.partial(_is_refused, self.threshold, item.left_out)
            answers.append(augment_uncertain(seen, rows, self._classify_once, is_settled))
        return np.concatenate(answers)

    def _classify_regions(self, regions: list[Region]) -> Probabilities:
        """Probabilities of pieces, classified once: with augmentation more wrong ones win."""
        return self._classify_once(_digits(regions))


def _can_be_pickled(thing: object) -> bool:
    try:
        pickle.dumps(thing)
    except Exception:  # of any kind: objects say in their own ways that they cannot
        return False
    return True


def _digits(regions: list[Region]) -> NDArray[np.uint8]:
    """What the network sees of regions, (N, 28, 28)."""
    return np.stack([region.digit for region in regions]) if regions else NO_DIGITS


def _is_refused(
    threshold: float, left_out: int, answers: Probabilities, final: NDArray[np.bool_]
) -> bool:
    """Whether no digit of an image is named, whatever becomes of answers that are not final."""
    refused = answers[final, DIGIT].max(axis=1, initial=0).astype(np.float64) < threshold
    return bool(left_out) or (
        too_many_refused(int(np.count_nonzero(refused)), len(answers))
        and merge_components.keeps_all(answers, final)
        and remove_underline.keeps_all(answers, final)
        and segmentation_graph.keeps_all(answers, final)
    )
