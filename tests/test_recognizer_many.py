"""Many images at once: `predict_many`, `classify`, and threads."""

import io
import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from test_recognizer import BLANK

from digitnet import ImageError, Recognizer

TIMEOUT_S = 30
"""Seconds that a test waits for another thread before it fails."""


@pytest.mark.parametrize("jobs", [1, 2])
def test_files_that_are_closed_after_being_yielded_are_read(
    recognizer: Recognizer, samples: Path, jobs: int
) -> None:
    paths = sorted(samples.glob("paint-*.png"))

    def files() -> Iterator[BinaryIO]:
        for path in paths:
            with path.open("rb") as file:
                yield file

    many = list(recognizer.predict_many(files(), jobs=jobs))
    assert many == [recognizer.predict(path) for path in paths]


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_unreadable_open_file_can_be_an_answer(recognizer: Recognizer, jobs: int) -> None:
    images: list[NDArray[np.uint8] | BinaryIO] = [BLANK, io.BytesIO(), BLANK]
    answers = list(recognizer.predict_many(images, jobs=jobs, return_exceptions=True))
    assert [isinstance(answer, ImageError) for answer in answers] == [False, True, False]


def test_predict_many_refuses_a_single_image(recognizer: Recognizer) -> None:
    with pytest.raises(
        TypeError,
        match=r"^expected a list of images, received a single str: pass a list",
    ):
        recognizer.predict_many("a.png")


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_predict_many_gives_the_same_predictions_in_order(
    recognizer: Recognizer, samples: Path, jobs: int
) -> None:
    paths = sorted(samples.glob("paint-*.png"))
    many = list(recognizer.predict_many(paths, jobs=jobs))
    assert many == [recognizer.predict(path) for path in paths]


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_answer_is_returned_before_the_next_image_arrives(
    recognizer: Recognizer, jobs: int
) -> None:
    answered = threading.Event()

    def images() -> Iterator[NDArray[np.uint8]]:
        yield BLANK
        assert answered.wait(TIMEOUT_S), "the first answer was held back"
        yield BLANK

    answers = recognizer.predict_many(images(), jobs=jobs)
    assert next(answers).digits == ""
    answered.set()
    assert len(list(answers)) == 1


def test_predict_many_accepts_an_endless_iterable(recognizer: Recognizer) -> None:
    answers = recognizer.predict_many(itertools.repeat(BLANK), jobs=2)
    assert [p.digits for p in itertools.islice(answers, 100)] == [""] * 100


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_unreadable_image_raises_in_order(recognizer: Recognizer, jobs: int) -> None:
    answers = recognizer.predict_many([BLANK, "missing.png", BLANK], jobs=jobs)
    assert next(answers).digits == ""
    with pytest.raises(ImageError, match=r"^missing\.png: "):
        next(answers)


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_unreadable_image_can_be_an_answer(recognizer: Recognizer, jobs: int) -> None:
    images: list[NDArray[np.uint8] | str | ImageError]
    images = [BLANK, "missing.png", ImageError("found no image"), BLANK]
    answers = list(recognizer.predict_many(images, jobs=jobs, return_exceptions=True))
    assert [type(answer).__name__ for answer in answers] == [
        "Prediction",
        "ImageError",
        "ImageError",
        "Prediction",
    ]


def test_an_invalid_number_of_jobs_is_refused_before_the_first_answer(
    recognizer: Recognizer,
) -> None:
    with pytest.raises(ValueError, match="jobs is 0: it must be from 1 to 1,024"):
        recognizer.predict_many([], jobs=0)
    with pytest.raises(ValueError, match="jobs is -1: it must be from 1 to 1,024"):
        recognizer.classify(np.zeros((100, 28, 28), np.uint8), jobs=-1)


@pytest.fixture
def two_opencv_threads() -> Iterator[None]:
    before = cv2.getNumThreads()
    cv2.setNumThreads(2)
    yield
    cv2.setNumThreads(before)


@pytest.mark.usefixtures("two_opencv_threads")
@pytest.mark.parametrize("jobs", [1, 2])
def test_opencv_uses_one_thread_during_predict_many(recognizer: Recognizer, jobs: int) -> None:
    answers = recognizer.predict_many([BLANK, BLANK], jobs=jobs)
    next(answers)
    assert cv2.getNumThreads() == 1
    list(answers)
    assert cv2.getNumThreads() == 2


@pytest.mark.usefixtures("two_opencv_threads")
def test_opencv_gets_its_threads_back_after_the_last_answers(
    recognizer: Recognizer,
) -> None:
    one, other = (recognizer.predict_many([BLANK, BLANK]) for _ in range(2))
    next(one), next(other)
    list(one)
    assert cv2.getNumThreads() == 1
    list(other)
    assert cv2.getNumThreads() == 2


def test_several_threads_can_share_one_recognizer(recognizer: Recognizer, samples: Path) -> None:
    answers: list[str] = []
    threads = [
        threading.Thread(
            target=lambda: answers.append(recognizer.predict(samples / "paint-3.png").digits)
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["3"] * 4


def test_classify_gives_the_same_result_with_any_number_of_jobs(recognizer: Recognizer) -> None:
    digits = np.random.default_rng(0).integers(0, 256, (600, 28, 28), np.uint8)
    probabilities = recognizer.classify(digits, jobs=1)
    assert probabilities.dtype == np.float32
    assert probabilities.shape == (600, 10)
    np.testing.assert_array_equal(recognizer.classify(digits, jobs=3), probabilities)


def test_classifying_no_digits_gives_no_probabilities(recognizer: Recognizer) -> None:
    assert recognizer.classify(np.zeros((0, 28, 28), np.uint8)).shape == (0, 10)


@pytest.mark.parametrize(
    "digits", [np.zeros((2, 28, 28)), np.zeros((2, 32, 32), np.uint8), np.zeros(784, np.uint8)]
)
def test_digits_of_the_wrong_shape_or_type_are_refused(
    recognizer: Recognizer, digits: NDArray[np.uint8]
) -> None:
    with pytest.raises(ValueError, match=r"expected uint8 \(N, 28, 28\)"):
        recognizer.classify(digits)
