"""What each ingredient of the recipe brings: the default training, and it with one thing changed.

    python benchmarks/recipe.py

The `cnn` learns from a part of MNIST's training digits for a few epochs, as `digitnet train` does
it, once with the recipe as it is and once for each ingredient that is left out or put in. Each row
is the error on the 5,600 digits of the validation part, as they are and four times distorted (by
one seed, alike for all), and the seconds of an epoch. The test part is not looked at. Limits: one
seed, few digits, few epochs: a row differs by chance by about 0.1 points as they are, and by 0.15
distorted; and what is drawn for refusing and for touching digits is not measured here.
"""

import argparse
import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from unittest import mock

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from digitnet.answers import CLASSES
from digitnet.learning import batches, fit, networks, rates
from digitnet.learning.augment import Distortion, distort
from digitnet.learning.batches import Batches
from digitnet.learning.datasets import load, split
from digitnet.learning.options import Activation, Optimizer, TrainingOptions
from digitnet.learning.targets import WHAT, one_hot

Pictures = NDArray[np.uint8]
Patch = Callable[[], contextlib.AbstractContextManager[Any]]
COPIES = 4


@dataclass(frozen=True)
class Change:
    """One thing that differs from the recipe.

    Attributes:
        name: of the row.
        options: what differs in the options.
        patch: what differs in the code, while it is entered.
        averaged: measure the running average of the weights.
    """

    name: str
    options: dict[str, Any]
    patch: Patch = contextlib.nullcontext
    averaged: bool = False


def distortions(**changed: float) -> Patch:
    """Distort otherwise."""

    def otherwise(images: Pictures, rng: np.random.Generator) -> Pictures:
        return distort(images, rng, Distortion(**changed))

    return lambda: mock.patch.object(batches, "distort", otherwise)


def undistorted() -> contextlib.AbstractContextManager[Any]:
    """Show all pictures as they are."""
    return mock.patch.object(batches, "distort", lambda images, rng: images)


def smoothed() -> contextlib.AbstractContextManager[Any]:
    """Take 3 % of each target and share it out (label smoothing, Szegedy et al. 2016)."""

    def smooth(labels: Pictures) -> NDArray[np.float32]:
        targets: NDArray[np.float32] = np.multiply(one_hot(labels), 0.97, dtype=np.float32)
        targets[:, WHAT] += 0.03 / (CLASSES + 3)
        return targets

    return mock.patch.object(batches, "one_hot", smooth)


def constant_rate() -> contextlib.AbstractContextManager[Any]:
    """Let the learning rate neither climb nor fall."""
    return mock.patch.object(
        rates, "climb_and_fall", lambda highest, steps, _: np.full(steps, highest, np.float32)
    )


def convolutions(*filters: tuple[int, int]) -> Patch:
    """Another stack: filters and stride of each convolution behind the first."""

    def stack(activation: Activation) -> list[layers.Layer]:
        body = [layers.Reshape((28, 28, 1)), *networks._convolution(24, 5, activation, strides=2)]
        for width, stride in filters:
            body += networks._convolution(width, 3, activation, strides=stride)
        return [*body, layers.Flatten(), layers.Dropout(0.3)]

    return lambda: mock.patch.object(networks, "cnn", stack)


CHANGES = (
    Change("the recipe", {}),
    Change("no distortions", {}, undistorted),
    Change("no elastic bending", {}, distortions(elastic=0.0)),
    Change("no other pens", {}, distortions(pen=0.0, marker=0.0)),
    Change("no coarse and broken digits", {}, distortions(coarse=0.0, broken=0.0)),
    Change("no pictures by code", {}, lambda: mock.patch.object(batches, "EXTRA_SHARE", 1e-9)),
    Change(
        "no epoch of clean digits first",
        {},
        lambda: mock.patch.object(TrainingOptions, "warm_up", 0),
    ),
    Change("a constant rate", {}, constant_rate),
    Change("Adam, not AdamW", {"optimizer": Optimizer.ADAM}),
    Change("SGD with momentum", {"optimizer": Optimizer.SGD}),
    Change("batches of 64", {"batch_size": 64}),
    Change("label smoothing 0.03", {}, smoothed),
    Change("averaged weights (0.99)", {}, averaged=True),
    Change("five convolutions", {}, convolutions((48, 1), (96, 2), (96, 1), (128, 2))),
    Change(
        "48 filters where 32 are",
        {},
        convolutions((48, 1), (48, 1), (64, 2), (96, 1), (96, 1), (128, 2)),
    ),
)


def learn(options: TrainingOptions, images: Pictures, labels: Pictures, averaged: bool) -> Any:
    """Train as `digitnet train` does, without its state; the network and the seconds it took."""
    keras.utils.set_random_seed(options.seed)
    network = networks.build(options.network, activation=options.activation, hidden=options.hidden)
    source = Batches(options, images, labels)
    feed = fit.feed(source)
    optimizer = fit.make_optimizer(options)
    steps = len(source)
    every = rates.learning_rates(options, options.warm_up * steps, source.epochs * steps)
    if averaged:
        optimizer.use_ema, optimizer.ema_momentum = True, 0.99
    network.compile(optimizer, networks.cross_entropy, jit_compile=False)
    began = time.perf_counter()
    with contextlib.closing(source):
        for epoch in range(source.epochs):
            source.start_epoch(epoch)
            network.fit(
                feed,
                initial_epoch=epoch,
                epochs=epoch + 1,
                callbacks=[fit.LearningRate(every, steps)],
                shuffle=False,
                verbose=0,
            )
    if averaged:
        optimizer.finalize_variable_values(network.trainable_variables)
    return network, (time.perf_counter() - began) / source.epochs


def errors(network: keras.Model, sets: list[tuple[Pictures, Pictures]]) -> Iterator[float]:
    """The error on each set of digits."""
    for images, labels in sets:
        logits = network.predict(images, batch_size=1000, verbose=0)
        yield float((logits[:, :CLASSES].argmax(axis=1) != labels).mean())


def main() -> None:
    """Train once for each row, and print it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--digits", type=int, default=20_000, metavar="N", help="to learn from")
    parser.add_argument("--epochs", type=int, default=10, metavar="N", help="default: 10")
    parser.add_argument("--fonts", help="the folder of fonts (default: Matplotlib's)")
    given = parser.parse_args()
    fit.keep_freed_memory()
    recipe = TrainingOptions(epochs=given.epochs, fonts=given.fonts)
    mnist = load("mnist")
    parts = split(mnist)
    chosen = parts.train[: given.digits]
    clean, labels = mnist.images[parts.validation], mnist.labels[parts.validation]
    rng = np.random.default_rng(0)
    bent = [distort(part, rng) for _ in range(COPIES) for part in np.array_split(clean, 8)]
    sets = [(clean, labels), (np.concatenate(bent), np.tile(labels, COPIES))]
    print(f"{'':34}{'as they are':>12}{'distorted':>12}{'an epoch':>10}")
    for change in CHANGES:
        with change.patch():
            network, seconds = learn(
                replace(recipe, **change.options),
                mnist.images[chosen],
                mnist.labels[chosen],
                change.averaged,
            )
        clean_error, bent_error = errors(network, sets)
        print(f"{change.name:34}{clean_error:12.2%}{bent_error:12.2%}{seconds:8.1f} s", flush=True)


if __name__ == "__main__":
    main()
