"""Draws from a random generator that NumPy's own functions make slowly or at length."""

import math
from collections.abc import Sequence
from typing import Protocol, TypeVar

import numpy as np

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Options(Protocol[T_co]):
    """What can be picked from: a sequence, a text, an array."""

    def __len__(self) -> int: ...

    def __getitem__(self, place: int, /) -> T_co: ...


def pick(options: Options[T], rng: np.random.Generator) -> T:
    """One of the options, each as likely as the next (`Generator.choice` is 20 times as slow)."""
    return options[int(rng.integers(len(options)))]


def weighted(options: Sequence[tuple[T, float]], rng: np.random.Generator) -> T:
    """One of the options, each as likely as its weight says."""
    rest = rng.random() * sum(weight for _, weight in options)
    for option, weight in options:
        rest -= weight
        if rest < 0:
            return option
    return options[-1][0]


def log_uniform(low: float, high: float, rng: np.random.Generator) -> float:
    """A number from low to high; halves and doubles are as likely as each other."""
    return math.exp(rng.uniform(math.log(low), math.log(high)))
