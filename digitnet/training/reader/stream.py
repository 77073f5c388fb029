"""Receives the batches of a training from the process that makes them."""

import contextlib
import pickle
import queue
import signal
import subprocess
import sys
from collections.abc import Iterator
from threading import Thread

from digitnet.errors import DigitnetError
from digitnet.synthesis.lines.writing.sources import Sources
from digitnet.training.reader.targets import Batch, OwnLine
from digitnet.training.reader.worker import Failure, Order

PREFETCH = 64
"""Maximum number of batches that wait for the network: a few seconds of training (10 MB)."""

_WORK = "from digitnet.training.reader.worker import main; main()"

_Received = Batch | Exception
"""A batch, or the reason why there are no more."""


class LineBatches:
    """Mini-batches of lines, made by another process.

    Attributes:
        epochs: the number of epochs of the training.
        failure: why the batches ended early, or None; Keras cannot raise it itself.
    """

    def __init__(
        self,
        sources: Sources,
        seed: int,
        epochs: int,
        steps: int,
        own: tuple[OwnLine, ...] = (),
    ) -> None:
        """Prepare the batches; the process starts with the first epoch.

        Args:
            sources: characters to train on.
            seed: the seed of the training.
            epochs: the number of epochs.
            steps: the number of batches in an epoch.
            own: the user's numbers.
        """
        self.epochs = epochs
        self.failure: Exception | None = None
        self._sources, self._seed, self._steps, self._own = sources, seed, steps, own
        self._received: queue.Queue[_Received] = queue.Queue(PREFETCH)
        self._process: _Process | None = None

    def __len__(self) -> int:
        """The number of batches in an epoch."""
        return self._steps

    def start_epoch(self, epoch: int) -> None:
        """Start the process at this epoch, counted from 0, unless it is running already."""
        if self._process is None:
            epochs = epoch, self.epochs
            order = Order(self._sources, self._seed, epochs, self._steps, self._own)
            self._process = _Process(order, self._received)

    def take_epoch(self) -> Iterator[Batch]:
        """Yield the batches of the next epoch.

        Raises:
            RuntimeError: the batches ended early; `failure` has the reason.
        """
        for _ in range(self._steps):
            batch = self._received.get()
            if isinstance(batch, Exception):
                self.failure = batch
                raise RuntimeError("there are no more lines") from batch
            yield batch

    def close(self) -> None:
        """End the process."""
        if self._process:
            self._process.end()


class _Process:
    """The process that makes lines, and a thread that receives them."""

    def __init__(self, order: Order, received: "queue.Queue[_Received]") -> None:
        self._received = received
        self._ended = False
        # -P: import no modules from the working folder
        self._worker = subprocess.Popen(
            [sys.executable, "-P", "-c", _WORK],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # on Windows
        )
        self._thread = Thread(target=self._receive, args=(order,), name="lines")
        self._thread.start()

    def end(self) -> None:
        """Kill the process, and wait until it and the thread have ended."""
        self._ended = True
        self._worker.kill()
        while self._thread.is_alive():  # the queue may be full: let the thread put its batch
            with contextlib.suppress(queue.Empty):
                self._received.get(timeout=0.1)
        self._worker.wait()

    def _receive(self, order: Order) -> None:
        """Send the order, and receive batches until they end."""
        source, target = self._worker.stdout, self._worker.stdin
        assert source is not None
        assert target is not None
        failed: Exception | None = None
        with contextlib.suppress(OSError, EOFError, pickle.UnpicklingError), source:
            with target:
                pickle.dump(order, target, pickle.HIGHEST_PROTOCOL)
            while not self._ended:
                batch = pickle.load(source)
                if isinstance(batch, Failure):
                    failed = RuntimeError(f"lines cannot be made:\n{batch.traceback}")
                    break
                self._received.put(batch)
        self._received.put(failed or self._exit_error())

    def _exit_error(self) -> DigitnetError:
        code = self._worker.wait()
        killed = f"was killed by {signal.Signals(-code).name}" if code < 0 else ""
        how = killed or f"exited with code {code}"
        return DigitnetError(f"the process that makes lines {how}, perhaps for lack of memory")
