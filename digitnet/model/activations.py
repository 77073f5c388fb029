"""The activations of a classifier's hidden layers for one digit, read from its `model.tflite`.

LiteRT can keep all tensors of a run (`experimental_preserve_all_tensors`). The outputs of hidden
layers are recognized by the names that Keras gave its layers:

    NETWORK/activation_N/...            after the activation of a dense or convolutional layer
    NETWORK/LAYER/DIRECTION/CELL_N/...  a step of an unrolled recurrent layer; the last is the state
    NETWORK/tanh_LAYER_DIRECTION_N/...  the same without gates (`digitnet.training.recurrent`)
"""

import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from numpy.typing import NDArray

from digitnet.errors import BundleError
from digitnet.model.litert import SIDE, Answers, Network

_ACTIVATION = re.compile(r"/(activation\w*)/")
_STEP = re.compile(r"[^/;]+/([^/;]+)/(forward|backward)_[^/;]+/[a-z_]*cell_(\d+)/[^;]+")
_STEP_WITHOUT_GATES = re.compile(r"[^/;]+/tanh_(lower|upper)_(down|up)(?:_(\d+))?/[^;]+")
"""Both match a layer, its direction and a step number. Keras counts steps by twos, so only their
order is used."""

_DIRECTIONS = {"forward": "forward", "down": "forward", "backward": "backward", "up": "backward"}


class Shown(StrEnum):
    """The kind of a layer's activations."""

    MAPS = "maps"
    NEURONS = "neurons"
    STATES = "states"


class Layer(NamedTuple):
    """The activations of a layer.

    Attributes:
        name: the name to show, like `convolution 1`.
        shown: the kind of the activations.
        values: float32: feature maps (C, H, W), neurons (N,), or the states of a recurrent layer
            (T, N), for the T rows of the digit from top to bottom, in whichever direction the layer
            reads them.
    """

    name: str
    shown: Shown
    values: NDArray[np.float32]


class LayerProbe:
    """Runs a classifier and keeps the activations of its layers. Thread-safe.

    It runs LiteRT's built-in operations without the default delegate. The probabilities equal those
    of `digitnet.model.litert.Network` up to rounding (1e-5).

    Args:
        model: the content of a `model.tflite`.
        name: the name of the model in errors.

    Raises:
        BundleError: as for `Network`.
    """

    def __init__(self, model: bytes, name: str) -> None:
        self._network = _OpenNetwork(model, name)
        self._lock = threading.Lock()

    def look(self, digit: NDArray[np.uint8]) -> tuple[list[Layer], Answers]:
        """Classify one digit and keep the activations of the layers.

        Args:
            digit: (28, 28) uint8, white ink (255) on black (0).

        Returns:
            The hidden layers that are recognized by their names, in order (none if the network does
            not have Keras's names), and the probabilities, (1, 32).

        Raises:
            BundleError: the network cannot be run, or its layers cannot be shown.
            ValueError: `digit` has another shape or type.
        """
        if digit.dtype != np.uint8 or digit.shape != (SIDE, SIDE):
            raise ValueError(f"the digit is {digit.dtype} {digit.shape}: expected uint8 (28, 28)")
        with self._lock:
            answer = self._network.answer(digit[None])
            return list(self._network.layers()), answer


class _OpenNetwork(Network):
    """A network whose tensors can all be read after a run."""

    def _interpret(self) -> Interpreter:
        return Interpreter(
            model_content=self._model,
            num_threads=1,
            experimental_preserve_all_tensors=True,
            # The default resolver warns of the memory that this takes: 0.1 to 1 MiB here.
            experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        )

    def layers(self) -> Iterator[Layer]:
        """Yield the hidden layers of the last run."""
        activations, steps = self._layer_tensors
        numbers: dict[str, int] = defaultdict(int)
        for index in activations:
            values = self._values(index)
            is_map = values.ndim == 3
            kind = "convolution" if is_map else "dense"
            numbers[kind] += 1
            shown = Shown.MAPS if is_map else Shown.NEURONS
            maps = values.transpose(2, 0, 1) if is_map else values
            yield Layer(f"{kind} {numbers[kind]}", shown, np.ascontiguousarray(maps))
        for name, places in steps.items():
            yield Layer(name, Shown.STATES, np.stack([self._values(index) for index in places]))

    @cached_property
    def _layer_tensors(self) -> tuple[list[int], dict[str, list[int]]]:
        """The tensors of activations, and the state tensors of each recurrent layer by row."""
        activations: dict[str, int] = {}
        steps: dict[str, dict[str, dict[int, int]]] = defaultdict(lambda: defaultdict(dict))
        for tensor in self._interpreter.get_tensor_details():
            if not self._is_output(tensor):
                continue
            name = tensor["name"]
            if found := _STEP.fullmatch(name) or _STEP_WITHOUT_GATES.fullmatch(name):
                layer, direction, step = found.groups()
                steps[layer][_DIRECTIONS[direction]][int(step or 0)] = tensor["index"]
            elif found := _ACTIVATION.search(name):
                activations[found[1]] = tensor["index"]
        states = {}
        for number, directions in enumerate(steps.values(), 1):
            for direction, by_step in sorted(directions.items(), reverse=True):
                rows = [index for _, index in sorted(by_step.items())]
                states[f"recurrent {number}, {direction}"] = (
                    rows[::-1] if direction == "backward" else rows
                )
        return [*activations.values()], states

    def _is_output(self, tensor: dict[str, Any]) -> bool:
        """Whether a tensor may be a layer's output for one digit: neurons or feature maps."""
        shape = tensor["shape"].tolist()
        return tensor["dtype"] is np.float32 and len(shape) in (2, 4) and shape[0] == 1

    def _values(self, index: int) -> NDArray[np.float32]:
        try:
            values: NDArray[np.float32] = self._interpreter.get_tensor(index)[0]
        except ValueError:  # another network with the same layer names
            raise BundleError(
                f"the layers of {self._name} cannot be shown: train the model again"
            ) from None
        return values
