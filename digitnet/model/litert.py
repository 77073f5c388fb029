"""Runs a `model.tflite`: 28 x 28 digits or whole lines in, calibrated probabilities out.

LiteRT is TensorFlow's small runtime. Only one thread at a time may use a `Network`; `Networks` is
thread-safe.
"""

import contextlib
import os
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from digitnet.errors import BundleError
from digitnet.interruption import Interruption
from digitnet.model.kinds import DIGIT_SIDE, SIGNATURES, Kind, Shape

SIDE = DIGIT_SIDE

Answers = NDArray[np.float32]
"""For digits (N, 32), see `digitnet.model.probabilities`; for lines (N, (W + 1) // 2, 20), the
probabilities of `digitnet.model.symbols` for every two columns of pixels."""

_STDERR = 2
_creation = threading.Lock()


class Network:
    """One LiteRT interpreter with one thread. Copies and unpickled networks have their own.

    Args:
        model: the content of a `model.tflite`: input uint8, output float32, see `answer`.
        name: the name of the model in errors.
        kind: a classifier of digits, or a reader of lines.

    Raises:
        BundleError: `model` is not a LiteRT network, or has other inputs or outputs than its kind.
    """

    def __init__(self, model: bytes, name: str, kind: Kind = Kind.CLASSIFIER) -> None:
        self._model, self._name, self._kind = model, name, kind
        self._signature = SIGNATURES[kind]
        self._start()

    def __reduce__(self) -> tuple[type["Network"], tuple[bytes, str, Kind]]:
        return type(self), (self._model, self._name, self._kind)

    def _start(self) -> None:
        """Create an interpreter and check its input and output."""
        name = self._name
        try:
            with _creation, _silent_stderr():
                self._interpreter = self._interpret()
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            reason = _first_line(error) or "it is empty"
            raise BundleError(
                f"LiteRT cannot run the network of {name}: {reason}; train the model again"
            ) from None
        inputs = self._interpreter.get_input_details()
        outputs = self._interpreter.get_output_details()
        received = [(item["dtype"].__name__, _shape(item)) for item in (*inputs, *outputs)]
        if received != [("uint8", self._signature.pictures), ("float32", self._signature.answers)]:
            shown = ", ".join(f"{name} {_format_shape(shape)}" for name, shape in received)
            raise BundleError(
                f"the network of {name} is not a digitnet {self._kind}: its input and output are "
                f"{shown}; expected uint8 {_format_shape(self._signature.pictures)} and float32 "
                f"{_format_shape(self._signature.answers)}; train the model again"
            )
        self._input, self._output = inputs[0]["index"], outputs[0]["index"]
        self._allocated = tuple(inputs[0]["shape"].tolist())

    def _interpret(self) -> Interpreter:
        """Return a new interpreter of the model."""
        return Interpreter(model_content=self._model, num_threads=1)

    def answer(self, pictures: NDArray[np.uint8]) -> Answers:
        """Run the network on a batch of images.

        Args:
            pictures: uint8, N at least 1. For a classifier, digits (N, 28, 28), white ink (255) on
                black (0); for a reader, lines (N, 32, W), W at least 1, as made by
                `digitnet.vision.line_image`.

        Returns:
            The probabilities. Those of an image are bitwise the same in every batch.

        Raises:
            BundleError: the network fails, or its output has another shape or is not finite.
        """
        try:
            result = self._run(pictures)
        except (ValueError, RuntimeError):
            result = self._run_anew(pictures)
        expected = self._signature.answers_for(pictures.shape)
        if result.shape != expected or not np.isfinite(result).all():
            raise BundleError(
                f"the network of {self._name} does not output {expected[-1]} probabilities per "
                f"{self._signature.shown}; train the model again"
            )
        return result

    def _run_anew(self, pictures: NDArray[np.uint8]) -> Answers:
        """Run the network on a new interpreter, after the old one has failed.

        LiteRT refuses to run while anything else references its memory, such as a stored traceback,
        and after a call that failed halfway. Neither is the model's fault.
        """
        self._start()
        try:
            return self._run(pictures)
        except (ValueError, RuntimeError) as error:
            reason = _first_line(error)
            advice = "load" if "reference to internal data" in reason else "train"
            raise BundleError(
                f"the network of {self._name} failed to run: {reason}; {advice} the model again"
            ) from None

    def _run(self, pictures: NDArray[np.uint8]) -> Answers:
        if pictures.shape != self._allocated:
            self._interpreter.resize_tensor_input(self._input, pictures.shape)
            self._interpreter.allocate_tensors()
            self._allocated = pictures.shape
        self._interpreter.set_tensor(self._input, pictures)
        self._interpreter.invoke()
        result: Answers = self._interpreter.get_tensor(self._output)
        return result


class Networks:
    """A pool of copies of a network, one for each thread that runs it at the same time.

    Args:
        model: the content of a `model.tflite`.
        name: the name of the model in errors.
        kind: a classifier of digits, or a reader of lines.

    Raises:
        BundleError: as for `Network`.
    """

    def __init__(self, model: bytes, name: str, kind: Kind = Kind.CLASSIFIER) -> None:
        self._model, self._name, self._kind = model, name, kind
        # The first interpreter is created now, so that errors are reported at once.
        self._idle = [Network(model, name, kind)]

    def answer(self, pictures: NDArray[np.uint8]) -> Answers:
        """Run one batch on a network that no other thread is using; see `Network.answer`.

        Raises:
            BundleError: as for `Network.answer`.
        """
        try:
            network = self._idle.pop()
        except IndexError:
            network = Network(self._model, self._name, self._kind)
        try:
            with Interruption():
                return network.answer(pictures)
        finally:
            self._idle.append(network)


def _shape(details: dict[str, Any]) -> Shape:
    """Return the shape of an input or output after its first dimension; None for any size."""
    return tuple(size if size > 0 else None for size in details["shape_signature"][1:].tolist())


def _format_shape(shape: Shape) -> str:
    return " x ".join("any" if size is None else str(size) for size in shape)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


@contextlib.contextmanager
def _silent_stderr() -> Iterator[None]:
    """Redirect file descriptor 2 to the null device.

    LiteRT's C++ code announces its delegate there, once. Python's own `sys.stderr` writes to the
    same descriptor, so this lasts as briefly as possible.
    """
    try:
        kept = os.dup(_STDERR)
    except OSError:  # the program was started with standard error closed
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, _STDERR)
        yield
    finally:
        os.dup2(kept, _STDERR)
        os.close(nowhere)
        os.close(kept)
