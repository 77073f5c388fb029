"""Random draws for which NumPy's own functions are slow or verbose."""

import math
from collections.abc import Sequence
from typing import Protocol, TypeVar

import numpy as np

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Options(Protocol[T_co]):
    """A collection to pick from: a sequence, a string, an array."""

    def __len__(self) -> int: ...

    def __getitem__(self, place: int, /) -> T_co: ...


def pick(options: Options[T], rng: np.random.Generator) -> T:
    """Pick one of the options, all equally likely (`Generator.choice` takes 20 times as long)."""
    return options[int(rng.integers(len(options)))]


def weighted(options: Sequence[tuple[T, float]], rng: np.random.Generator) -> T:
    """Pick one of the options, with probabilities proportional to their weights."""
    rest = rng.random() * sum(weight for _, weight in options)
    for option, weight in options:
        rest -= weight
        if rest < 0:
            return option
    return options[-1][0]


def log_uniform(low: float, high: float, rng: np.random.Generator) -> float:
    """Draw a number from `low` to `high`, uniformly on a logarithmic scale."""
    return math.exp(rng.uniform(math.log(low), math.log(high)))
