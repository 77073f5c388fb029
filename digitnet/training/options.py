"""What to train and how: every choice of a training in one place, saved beside its weights."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from digitnet.data.parts import TEST_FRACTION

DIGITS_SHOWN = 600_000
"""Total number of digits shown by default: 12 epochs of MNIST."""
MIN_EPOCHS, MAX_EPOCHS = 10, 40


class Network(StrEnum):
    """The kinds of network that can be trained."""

    MLP = "mlp"
    CNN = "cnn"
    RNN = "rnn"
    READER = "reader"


class Activation(StrEnum):
    """The function that a neuron applies to the weighted sum of its inputs."""

    RELU = "relu"
    SIGMOID = "sigmoid"
    TANH = "tanh"


class Feedback(StrEnum):
    """Where the outputs of a recurrent network's neurons return to, one row later.

    LATERAL: to the other neurons of the same layer. DIRECT: to the neuron itself. INDIRECT: to the
    layer before. GRU: to all neurons of the same layer, through gates (Cho et al. 2014).
    """

    LATERAL = "lateral"
    DIRECT = "direct"
    INDIRECT = "indirect"
    GRU = "gru"


class Optimizer(StrEnum):
    """How the weights go downhill: by momentum (SGD), or with a rate of its own for each weight."""

    SGD = "sgd"
    ADAM = "adam"
    ADAMW = "adamw"


LEARNING_RATES = {Optimizer.SGD: 0.05, Optimizer.ADAM: 2e-3, Optimizer.ADAMW: 2e-3}
"""The highest rate of the schedule, where none is given."""
FINE_TUNING_RATE_FACTOR = 0.25
"""What that rate is multiplied by when a trained model is trained on."""


MAX_INTEGER = 10**12
"""Limit for numbers without a natural bound: far above any use, and exact as a float."""

MIN_TEST_FRACTION, MAX_TEST_FRACTION = 0.01, 0.99
MAX_LEARNING_RATE = 1e30
"""The weights are float32, which ends at 3.4e38, and the warm-up rate is a multiple."""
MAX_SEED = 2**32 - 1
MAX_LAYERS = 100
"""Far above any use. Each layer takes its time to build."""

_RANGES: dict[str, tuple[float, float]] = {
    "test_fraction": (MIN_TEST_FRACTION, MAX_TEST_FRACTION),
    "epochs": (1, MAX_INTEGER),
    "batch_size": (1, MAX_INTEGER),
    "learning_rate": (0, MAX_LEARNING_RATE),
    "patience": (1, MAX_INTEGER),
    "limit": (1, MAX_INTEGER),
    "seed": (0, MAX_SEED),
}
_FRACTIONAL = ("test_fraction", "learning_rate")
_OPTIONAL = (
    "epochs",
    "learning_rate",
    "labels_from_name",
    "fonts",
    "patience",
    "limit",
    "start",
)
_TEXTS = ("dataset", "labels_from_name", "fonts", "start")


def _expected(name: str, value: Any) -> str | None:
    """What a value must be, if it is not allowed; None if it is."""
    if value is None and name in _OPTIONAL:
        return None
    if name in _RANGES:
        least, most = _RANGES[name]
        kinds = (int, float) if name in _FRACTIONAL else (int,)
        if type(value) in kinds and least <= value <= most:
            return None
        return f"a {'' if float in kinds else 'whole '}number from {least:,} to {most:,}"
    if name == "strokes":
        texts = isinstance(value, tuple) and all(isinstance(path, str) and path for path in value)
        return None if texts else "a tuple of texts that are not empty"
    if name in _TEXTS:
        return None if isinstance(value, str) and value else "a text that is not empty"
    if name == "hidden":
        layers = isinstance(value, tuple) and 0 < len(value) <= MAX_LAYERS
        if layers and all(type(units) is int and units > 0 for units in value):
            return None
        return f"a tuple of 1 to {MAX_LAYERS} whole numbers above 0"
    return None if isinstance(value, bool) else "True or False"


@dataclass(frozen=True)
class TrainingOptions:
    """The choices of a training.

    Attributes:
        network: `mlp`, `cnn`, `rnn` or `reader`.
        dataset: `mnist`, `digits` or a path.
        labels_from_name: the position of the label in the image names of a folder, if given.
        strokes: files of pen strokes to learn from, too.
        test_fraction: the share of digits that is kept for the report.
        epochs: how often each training digit is seen; None: so that about `DIGITS_SHOWN` are seen,
            or what suits the rehearsal of a trained model. A reader's epochs are of fresh lines.
        batch_size: digits in each step of gradient descent.
        learning_rate: the highest of the schedule; None: what suits the optimizer.
        optimizer: `sgd` (with momentum), `adam` or `adamw`.
        activation: of the hidden neurons of `mlp` and `cnn`.
        hidden: neurons in each hidden layer of `mlp`.
        feedback: of `rnn`.
        augment: distort the digits anew in each epoch, and add images that are not digits.
        fonts: a folder of fonts to take print and letters from, beside those of Matplotlib.
        patience: epochs without a better validation loss before the training stops; None: it goes
            through all epochs, while the learning rate falls. Of no use where a trained model
            learns new digits (see `rehearsal`).
        limit: use only this many digits of the data set; for a reader, lines per epoch.
        seed: of the split, the first weights, the order of digits and their distortions.
        start: the name or folder of a trained model to train on.

    Raises:
        ValueError: a value is not allowed.
    """

    network: Network = Network.CNN
    dataset: str = "mnist"
    labels_from_name: str | None = None
    strokes: tuple[str, ...] = ()
    test_fraction: float = TEST_FRACTION
    epochs: int | None = None
    batch_size: int = 128
    learning_rate: float | None = None
    optimizer: Optimizer = Optimizer.ADAMW
    activation: Activation = Activation.RELU
    hidden: tuple[int, ...] = (512, 512)
    feedback: Feedback = Feedback.GRU
    augment: bool = True
    fonts: str | None = None
    patience: int | None = None
    limit: int | None = None
    seed: int = 0
    start: str | None = None

    def __post_init__(self) -> None:
        """Check each choice that is not of an enumeration."""
        for name in (*_RANGES, *_TEXTS, "strokes", "hidden", "augment"):
            value = getattr(self, name)
            if expected := _expected(name, value):
                raise ValueError(f"{name} is {repr(value)[:50]}: it must be {expected}")

    def epochs_for(self, count: int) -> int:
        """The number of epochs with `count` training digits."""
        if self.epochs is not None:
            return self.epochs
        return min(max(round(DIGITS_SHOWN / count), MIN_EPOCHS), MAX_EPOCHS)

    @property
    def warm_up(self) -> int:
        """The number of first epochs of a long training with undistorted digits only.

        Easy examples are learned first, and fast (curriculum learning, Bengio et al. 2009).
        """
        long = self.epochs is None or self.epochs >= MIN_EPOCHS
        digits = self.network is not Network.READER
        return int(digits and long and self.augment and not self.start)

    def highest_learning_rate(self) -> float:
        """The learning rate at the top of the schedule."""
        if self.learning_rate is not None:
            return self.learning_rate
        return LEARNING_RATES[self.optimizer] * (FINE_TUNING_RATE_FACTOR if self.start else 1)

    def as_dict(self) -> dict[str, Any]:
        """The choices as JSON has them."""
        choices: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return choices

    def to_json(self) -> str:
        """The choices as a text that `from_json` reads."""
        return json.dumps(self.as_dict(), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "TrainingOptions":
        """Read what `to_json` wrote.

        Raises:
            ValueError, TypeError, KeyError: it is something else.
        """
        values = json.loads(text)
        values["network"] = Network(values["network"])
        values["optimizer"] = Optimizer(values["optimizer"])
        values["activation"] = Activation(values["activation"])
        values["feedback"] = Feedback(values.get("feedback", Feedback.GRU))
        values["hidden"] = tuple(values["hidden"])
        values["strokes"] = tuple(values.get("strokes", ()))
        return cls(**values)
