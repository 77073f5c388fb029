"""Reads handwritten digits in your own images, from the command line and from Python.

>>> from digitnet import Recognizer
>>> recognizer = Recognizer.load()  # or Recognizer.load("models/mlp")
>>> recognizer.predict("samples/paint-3.png").digits
'3'

The names below are imported when they are first asked for: `import digitnet` by itself loads
neither NumPy nor OpenCV nor TensorFlow.
"""

import importlib
from typing import TYPE_CHECKING

from digitnet.errors import BundleError, DatasetError, DigitnetError, ImageError, OutputError

if TYPE_CHECKING:
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
    "Recognizer",
    "__version__",
]


def __getattr__(name: str) -> object:
    """Import what reads images when it is first asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    homes = {"Limits": "digitnet.vision", "Recognizer": "digitnet.reading.recognizer"}
    return getattr(importlib.import_module(homes.get(name, "digitnet.reading.prediction")), name)


def __dir__() -> list[str]:
    return __all__
