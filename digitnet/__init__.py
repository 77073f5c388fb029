"""Reads handwritten digits in your own images, from the command line and from Python.

>>> from digitnet import Recognizer
>>> recognizer = Recognizer.load()  # or Recognizer.load("models/mlp")
>>> recognizer.predict("samples/paint-3.png").digits
'3'

`digitnet.train` and `digitnet.evaluate` do the same as the commands, but print nothing.

The names below are imported on first use: `import digitnet` by itself loads neither NumPy nor
OpenCV nor TensorFlow.
"""

import importlib
from typing import TYPE_CHECKING

from digitnet.errors import BundleError, DatasetError, DigitnetError, ImageError, OutputError

if TYPE_CHECKING:
    from digitnet import output, plots
    from digitnet.api.measuring import evaluate
    from digitnet.api.training import Progress, train
    from digitnet.reading.prediction import Box, Cell, Prediction
    from digitnet.reading.recognizer import Recognizer
    from digitnet.vision import Limits

__version__ = "0.1.0"

__all__ = [
    "Box",
    "BundleError",
    "Cell",
    "DatasetError",
    "DigitnetError",
    "ImageError",
    "Limits",
    "OutputError",
    "Prediction",
    "Progress",
    "Recognizer",
    "__version__",
    "evaluate",
    "output",
    "plots",
    "train",
]

_HOMES = {
    "Box": "digitnet.reading.prediction",
    "Cell": "digitnet.reading.prediction",
    "Limits": "digitnet.vision",
    "Prediction": "digitnet.reading.prediction",
    "Progress": "digitnet.api.training",
    "Recognizer": "digitnet.reading.recognizer",
    "evaluate": "digitnet.api.measuring",
    "train": "digitnet.api.training",
}
_PACKAGES = ("output", "plots")


def __getattr__(name: str) -> object:
    """Import a public name on demand."""
    if name in _PACKAGES:
        return importlib.import_module(f"digitnet.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
