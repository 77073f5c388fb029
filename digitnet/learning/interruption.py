"""Ctrl-C during a training: it waits until the step is done.

Python raises KeyboardInterrupt wherever the main thread is. Within TensorFlow's conversion of a
value to a tensor, that ends the process with a segmentation fault: once in a hundred times,
measured.
"""

import signal
import threading
from types import FrameType


class Interruption:
    """Holds a Ctrl-C back, while it is entered, until `deliver` or its end; a second is at once.

    What ignores Ctrl-C, such as a program in the background, and what does not run in the main
    thread is left alone.
    """

    def __enter__(self) -> "Interruption":
        self.pending = False
        self.usual = signal.getsignal(signal.SIGINT)
        self.held = callable(self.usual) and (threading.current_thread() is threading.main_thread())
        if self.held:
            signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self.held:
            signal.signal(signal.SIGINT, self.usual)
        if kind is None:
            self.deliver()

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.pending and callable(self.usual):
            self.usual(number, frame)
        self.pending = True

    def deliver(self) -> None:
        """Do what Ctrl-C does, if it was pressed: usually, raise KeyboardInterrupt."""
        if self.pending and callable(self.usual):
            self.pending = False
            self.usual(signal.SIGINT, None)
