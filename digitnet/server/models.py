"""The models of the server. Each is loaded on first use."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from digitnet.errors import BundleError
from digitnet.model import bundle
from digitnet.model.activations import LayerProbe
from digitnet.model.bundle import Bundle
from digitnet.model.kinds import Kind
from digitnet.model.litert import Networks
from digitnet.reading.recognizer import Recognizer
from digitnet.server.replies import RequestError

READER = "reader"
"""The model that reads lines, used with every classifier."""


@dataclass(frozen=True)
class Loaded:
    """A loaded classifier, together with the reader.

    Attributes:
        recognizer: reads images as `predict` does.
        probe: returns the activations of the classifier's layers.
        networks: the classifier alone, without test-time augmentation.
    """

    recognizer: Recognizer
    probe: LayerProbe
    networks: Networks


class Models:
    """Classifiers by name. Thread-safe.

    Args:
        default: the name or folder of the classifier to use if a request names none.
        notify: as for `Recognizer`.

    Raises:
        BundleError: the default model or the reader cannot be loaded.
    """

    def __init__(self, default: str, notify: Callable[[str], None]) -> None:
        self._notify = notify
        self._lock = threading.Lock()
        self._reader = bundle.load(READER, Kind.READER)
        given = bundle.load(default, Kind.CLASSIFIER)
        self.default = given.name
        self._loaded = {given.name: self._load(given)}

    def get(self, name: str | None) -> Loaded:
        """Return a classifier by its name; None is the default.

        Raises:
            RequestError: the model does not exist, or cannot be loaded.
        """
        with self._lock:
            if name is None or name in self._loaded:
                return self._loaded[name or self.default]
            offered = [model["name"] for model in self.describe() if model["kind"] != Kind.READER]
            if name not in offered:  # clients must not try paths of this machine
                raise RequestError(
                    404, f"unknown model {name[:100]!r}: known models are {', '.join(offered)}"
                )
            try:
                self._loaded[name] = self._load(bundle.load(name, Kind.CLASSIFIER))
            except BundleError as error:
                raise RequestError(503, str(error)) from None
            return self._loaded[name]

    def describe(self) -> list[dict[str, Any]]:
        """List the models for `GET /models`: all that can be loaded, the default first."""
        found = [self._loaded[self.default].recognizer.model]
        for name in bundle.known_models():
            try:
                model = bundle.load(name)
            except BundleError:  # `predict` reports why a model is damaged
                continue
            if model.name != self.default:
                found.append(model)
        return [
            {
                "name": model.name,
                "kind": str(model.kind),
                "network": model.card["network"],
                "parameters": model.card["parameters"],
                "default": model.name in (self.default, READER),
            }
            for model in found
        ]

    def _load(self, model: Bundle) -> Loaded:
        return Loaded(
            Recognizer(model, self._reader, notify=self._notify),
            LayerProbe(model.tflite, model.name),
            Networks(model.tflite, model.name),
        )
