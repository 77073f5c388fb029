"""Finds likely faults in the images or labels of a data set that a model gets mostly wrong."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

MIN_ERROR = 0.5
"""Below this error, the data set is assumed to be correct; guessing has an error of 0.9."""
MAX_EXPLAINED_ERROR = 0.3
"""A change to the data set explains the error if it lowers the error to this or less."""
MIN_COUNT = 30
"""Minimum number of digits for a diagnosis."""
SAMPLE = 500
"""Maximum number of images that are classified again for each possible fault."""

Classify = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""Maps images (N, 28, 28) to probabilities (N, 10)."""

_CHANGES: dict[str, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    "transposed: store images.transpose(0, 2, 1)": lambda images: images.transpose(0, 2, 1),
    "inverted: store 255 - images": lambda images: 255 - images,
    "mirrored: store images[:, :, ::-1]": lambda images: images[:, :, ::-1],
    "upside down: store images[:, ::-1]": lambda images: images[:, ::-1],
    "turned: store numpy.rot90(images, 1, (1, 2))": lambda images: np.rot90(images, 1, (1, 2)),
    "turned: store numpy.rot90(images, 2, (1, 2))": lambda images: np.rot90(images, 2, (1, 2)),
    "turned: store numpy.rot90(images, 3, (1, 2))": lambda images: np.rot90(images, 3, (1, 2)),
}
"""Possible faults of the images, each with the function that undoes it."""


def diagnose(
    classify: Classify,
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    answers: NDArray[np.integer],
) -> str | None:
    """Explain why a trained model gets most digits of a data set wrong.

    Args:
        classify: the model: images (N, 28, 28) -> probabilities (N, 10).
        images: uint8 (N, 28, 28).
        labels: uint8 (N,), 0-9.
        answers: the predicted labels, (N,), 0-9.

    Returns:
        A message, or None if most answers are correct or there are too few digits.
    """
    error = float((answers != labels).mean())
    if len(labels) < MIN_COUNT or error < MIN_ERROR:
        return None
    problem = f"an error of {error:.0%} suggests a fault in the data set"
    found = [(_error(labels + shift, answers), _shifted(shift)) for shift in range(1, 10)]
    chosen = np.linspace(0, len(labels) - 1, min(SAMPLE, len(labels))).astype(int)
    for what, change in _CHANGES.items():
        changed = np.ascontiguousarray(change(images[chosen]))
        changed_error = _error(labels[chosen], classify(changed).argmax(axis=1))
        found.append((changed_error, f"the images look {what}"))
    explained, reason = min(found)
    if explained <= MAX_EXPLAINED_ERROR:
        return f"{problem}: {reason}, and the error is {explained:.0%}"
    return f"{problem}: inspect the images and labels, for example with --plot"


def _error(labels: NDArray[np.integer], answers: NDArray[np.integer]) -> float:
    return float((labels % 10 != answers).mean())


def _shifted(shift: int) -> str:
    return f"the labels look shifted: store (labels + {shift}) % 10"
