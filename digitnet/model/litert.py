"""A `model.tflite` that runs: 28 x 28 digits in, calibrated probabilities out.

LiteRT is TensorFlow's own small runtime. One `Network` belongs to one thread at a time.
"""

import contextlib
import os
import threading
from collections.abc import Iterator

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from digitnet.errors import BundleError
from digitnet.interruption import Interruption
from digitnet.model.probabilities import COLUMNS, Probabilities

SIDE = 28

_STDERR = 2
_creation = threading.Lock()


class Network:
    """One LiteRT interpreter with one thread. A copy, or one from a pickle, has its own.

    Args:
        model: the content of a `model.tflite`: input uint8 (N, 28, 28), white ink (255) on
            black (0); output float32 (N, 32), see `answers`.
        name: what to call the model in an error.

    Raises:
        BundleError: `model` is no LiteRT network, or one with another input or output.
    """

    def __init__(self, model: bytes, name: str) -> None:
        self._model, self._name = model, name
        self._start()

    def __reduce__(self) -> tuple[type["Network"], tuple[bytes, str]]:
        return type(self), (self._model, self._name)

    def _start(self) -> None:
        """Create the interpreter, in place of the one there was."""
        name = self._name
        try:
            with _creation, _silent_stderr():
                self._interpreter = Interpreter(model_content=self._model, num_threads=1)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            reason = _first_line(error) or "it is empty"
            raise BundleError(
                f"the network of {name} cannot be run by LiteRT: {reason}; train the model again"
            ) from None
        inputs = self._interpreter.get_input_details()
        outputs = self._interpreter.get_output_details()
        received = [(item["dtype"].__name__, *item["shape"][1:]) for item in (*inputs, *outputs)]
        if received != [("uint8", SIDE, SIDE), ("float32", COLUMNS)]:
            raise BundleError(
                f"the network of {name} is not digitnet's: it takes and gives {received}, "
                f"expected uint8 28 x 28 and float32 {COLUMNS}; train the model again"
            )
        self._input, self._output = inputs[0]["index"], outputs[0]["index"]
        self._batch = int(inputs[0]["shape"][0])

    def answer(self, digits: NDArray[np.uint8]) -> Probabilities:
        """Run the network once.

        Args:
            digits: (N, 28, 28) uint8, white ink (255) on black (0), N at least 1.

        Returns:
            The probabilities; the same picture gets the same bits in every batch.

        Raises:
            BundleError: the network fails, or answers with something else.
        """
        try:
            result = self._run(digits)
        except (ValueError, RuntimeError):
            result = self._run_anew(digits)
        if result.shape != (len(digits), COLUMNS) or not np.isfinite(result).all():
            raise BundleError(
                f"the network of {self._name} does not give {COLUMNS} probabilities for each "
                "digit; train the model again"
            )
        return result

    def _run_anew(self, digits: NDArray[np.uint8]) -> Probabilities:
        """Run the network on a new interpreter, after the old one has refused.

        LiteRT refuses to work as long as anything else refers to its memory, such as a traceback
        that is kept, and after a call that failed halfway. Neither is the model's fault.
        """
        self._start()
        try:
            return self._run(digits)
        except (ValueError, RuntimeError) as error:
            reason = _first_line(error)
            advice = "load" if "reference to internal data" in reason else "train"
            raise BundleError(
                f"the network of {self._name} does not run: {reason}; {advice} the model again"
            ) from None

    def _run(self, digits: NDArray[np.uint8]) -> Probabilities:
        if len(digits) != self._batch:
            self._interpreter.resize_tensor_input(self._input, digits.shape)
            self._interpreter.allocate_tensors()
            self._batch = len(digits)
        self._interpreter.set_tensor(self._input, digits)
        self._interpreter.invoke()
        result: Probabilities = self._interpreter.get_tensor(self._output)
        return result


class Networks:
    """A network for each thread that runs it at the same time.

    Args:
        model: the content of a `model.tflite`.
        name: what to call the model in an error.

    Raises:
        BundleError: as `Network` does.
    """

    def __init__(self, model: bytes, name: str) -> None:
        self._model, self._name = model, name
        # The first network is made now, so that a model that cannot run is told at once.
        self._idle = [Network(model, name)]

    def answer(self, digits: NDArray[np.uint8]) -> Probabilities:
        """Run one batch on a network that nobody else is using; see `Network.answer`."""
        try:
            network = self._idle.pop()
        except IndexError:
            network = Network(self._model, self._name)
        try:
            with Interruption():
                return network.answer(digits)
        finally:
            self._idle.append(network)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


@contextlib.contextmanager
def _silent_stderr() -> Iterator[None]:
    """Send file descriptor 2 to nowhere: LiteRT's C++ code announces its delegate there, once.

    Python's own `sys.stderr` writes to the same descriptor, so this lasts as short as possible.
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
