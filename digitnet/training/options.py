"""The training options, which are saved beside the weights."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from digitnet.data.parts import TEST_FRACTION

DIGITS_SHOWN = 600_000
"""Default number of digits shown in all epochs together: 12 epochs of MNIST."""
MIN_EPOCHS, MAX_EPOCHS = 10, 40
"""Range of the default number of epochs of a classifier, which depends on the data set."""
FINE_TUNING_EPOCHS = 10
"""Default number of epochs of fine-tuning."""

READER_EPOCHS = 72
READER_EPOCH_LINES = 40_000
"""Default number of epochs of a reader, and of new lines in each: 2.9 million lines in total."""
FINE_TUNING_EPOCH_LINES = 4_000
"""Default number of lines in an epoch of fine-tuning a reader, the user's numbers included."""


class Network(StrEnum):
    """The kinds of network that can be trained."""

    MLP = "mlp"
    CNN = "cnn"
    RNN = "rnn"
    READER = "reader"


class Activation(StrEnum):
    """The activation function of a neuron."""

    RELU = "relu"
    SIGMOID = "sigmoid"
    TANH = "tanh"


class Feedback(StrEnum):
    """Where the neurons of a recurrent network feed their outputs back to, one row later.

    LATERAL: to the other neurons of the same layer. DIRECT: to the neuron itself. INDIRECT: to the
    layer below. GRU: to all neurons of the same layer, through gates (Cho et al. 2014).
    """

    LATERAL = "lateral"
    DIRECT = "direct"
    INDIRECT = "indirect"
    GRU = "gru"


class Optimizer(StrEnum):
    """The optimizer; see `digitnet.training.optimizers`."""

    SGD = "sgd"
    ADAM = "adam"
    ADAMW = "adamw"
    MUON = "muon"


LEARNING_RATES = {
    Optimizer.SGD: 0.05,
    Optimizer.ADAM: 2e-3,
    Optimizer.ADAMW: 2e-3,
    Optimizer.MUON: 5e-3,
}
"""Default peak of the learning rate schedule."""
FINE_TUNING_RATE_FACTOR = 0.25
"""Factor of the default peak in fine-tuning."""

MAX_INTEGER = 10**12
"""Limit for numbers without a natural bound: far above any real use, and exact as a float."""

MIN_TEST_FRACTION, MAX_TEST_FRACTION = 0.01, 0.99
"""The training set and the test set must not be empty."""
MAX_LEARNING_RATE = 1e30
"""Keeps the warm-up rate, a multiple of this, within float32 (3.4e38), the type of the weights."""
MAX_SEED = 2**32 - 1
"""Limit of scikit-learn and of NumPy's older generators."""
MAX_LAYERS = 100
"""Far above any real use; each layer takes time to build."""

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
    """Return what a value must be if it is invalid, or None if it is valid."""
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
        return None if texts else "a tuple of non-empty strings"
    if name in _TEXTS:
        return None if isinstance(value, str) and value else "a non-empty string"
    if name == "hidden":
        layers = isinstance(value, tuple) and 0 < len(value) <= MAX_LAYERS
        if layers and all(type(units) is int and units > 0 for units in value):
            return None
        return f"a tuple of 1 to {MAX_LAYERS} whole numbers above 0"
    return None if isinstance(value, bool) else "True or False"


@dataclass(frozen=True)
class TrainingOptions:
    """The options of a training.

    Attributes:
        network: `mlp`, `cnn`, `rnn` or `reader`.
        dataset: `mnist`, `digits` or a path.
        labels_from_name: where the label is in the file names of a folder of images, if given.
        strokes: files of pen strokes to train on as well.
        test_fraction: the fraction (0-1) of the digits held out as the test set.
        epochs: passes over the training set; a reader's epochs have new lines. None: as many as
            show about `DIGITS_SHOWN` digits, or a default for fine-tuning or for a reader.
        batch_size: digits per training step.
        learning_rate: the peak of the schedule; None: the optimizer's default, or a quarter of it
            in fine-tuning.
        optimizer: `sgd` (with momentum), `adam`, `adamw` or `muon`; None for the network's default.
        activation: the activation of the hidden layers of `mlp` and `cnn`.
        hidden: the number of neurons in each hidden layer of `mlp`.
        feedback: the kind of feedback of `rnn`.
        augment: distort the digits anew in each epoch, and add images that are not digits.
        fonts: a folder of fonts for print and letters, in addition to Matplotlib's.
        patience: stop after this many epochs without a better validation loss; None: train for all
            epochs while the learning rate falls. Ignored in fine-tuning with `rehearsal`.
        limit: use only this many digits of the data set; for a reader, lines per epoch.
        seed: the random seed of the split, the initial weights, the order of the digits and their
            distortions.
        start: the name or folder of a trained model to fine-tune.

    Raises:
        ValueError: a value is invalid.
    """

    network: Network = Network.CNN
    dataset: str = "mnist"
    labels_from_name: str | None = None
    strokes: tuple[str, ...] = ()
    test_fraction: float = TEST_FRACTION
    epochs: int | None = None
    batch_size: int = 128
    learning_rate: float | None = None
    optimizer: Optimizer | None = None
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
        """Check all values except enumerations."""
        for name in (*_RANGES, *_TEXTS, "strokes", "hidden", "augment"):
            value = getattr(self, name)
            if expected := _expected(name, value):
                raise ValueError(f"{name} is {repr(value)[:50]}: it must be {expected}")

    def epochs_for(self, count: int) -> int:
        """Return the number of epochs for `count` training digits."""
        if self.epochs is not None:
            return self.epochs
        return min(max(round(DIGITS_SHOWN / count), MIN_EPOCHS), MAX_EPOCHS)

    @property
    def warm_up(self) -> int:
        """The number of warm-up epochs, which begin a long training with undistorted digits only.

        Easy examples come first, and are learned fast (curriculum learning, Bengio et al. 2009).
        """
        long = self.epochs is None or self.epochs >= MIN_EPOCHS
        digits = self.network is not Network.READER
        return int(digits and long and self.augment and not self.start)

    def chosen_optimizer(self) -> Optimizer:
        """Return the optimizer, or the default of the network.

        Muon needs fewer steps; but for the wide layers of `mlp`, each takes several times longer.
        """
        default = Optimizer.ADAMW if self.network is Network.MLP else Optimizer.MUON
        return self.optimizer or default

    def highest_learning_rate(self) -> float:
        """Return the peak of the learning rate schedule."""
        if self.learning_rate is not None:
            return self.learning_rate
        rate = LEARNING_RATES[self.chosen_optimizer()]
        return rate * (FINE_TUNING_RATE_FACTOR if self.start else 1)

    def as_dict(self) -> dict[str, Any]:
        """Return the options as JSON types, with the optimizer that was used."""
        choices: dict[str, Any] = json.loads(self.to_json())
        return choices | {"optimizer": self.chosen_optimizer().value}

    def to_json(self) -> str:
        """Return the options as text that `from_json` can read."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "TrainingOptions":
        """Read what `to_json` wrote.

        Raises:
            ValueError, TypeError, KeyError: the text is something else.
        """
        values = json.loads(text)
        values["network"] = Network(values["network"])
        chosen = values["optimizer"]
        values["optimizer"] = None if chosen is None else Optimizer(chosen)
        values["activation"] = Activation(values["activation"])
        values["feedback"] = Feedback(values.get("feedback", Feedback.GRU))
        values["hidden"] = tuple(values["hidden"])
        values["strokes"] = tuple(values.get("strokes", ()))
        return cls(**values)
