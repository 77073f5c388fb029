"""Signals that ask the program to end: Ctrl-C, SIGTERM, SIGHUP.

All of them raise a `KeyboardInterrupt`, so that files are cleaned up on the way out. Python raises
it wherever the main thread is. Within OpenCV's or TensorFlow's conversion of an array that ends the
process with a segmentation fault, and within the finalizer of an object it is lost: of 120
trainings stopped at a random moment, one and nine. `Interruption` holds the signals back there.
"""

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

Handler = Callable[[int, FrameType | None], object]

ENDING_SIGNALS = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    if hasattr(signal, name)
)
"""Ctrl-C; `kill`, `timeout`, service managers; a terminal that was closed, on Windows SIGBREAK."""

REPEAT_S = 1.0
"""Seconds within which a repeated SIGTERM or SIGHUP is the same request: `timeout` sends each
signal to the program and to its process group, and a closed terminal is reported by the kernel and
by the shell."""


class Terminated(KeyboardInterrupt):
    """A signal other than Ctrl-C asks the program to end; `number` is the signal's."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def exit_code(interrupt: KeyboardInterrupt) -> int:
    """The shell's exit code for a program that a signal has ended: 128 and the signal's number."""
    return 128 + (interrupt.number if isinstance(interrupt, Terminated) else signal.SIGINT)


@contextlib.contextmanager
def ending_signals_raise() -> Iterator[list[KeyboardInterrupt]]:
    """Let Ctrl-C raise `KeyboardInterrupt`, and the other ending signals `Terminated`.

    A signal that is ignored (`nohup`, a program in the background) stays ignored, one that has a
    handler keeps it, and outside the main thread nothing changes.

    Yields:
        The signals raised so far, in case a library has turned them into another exception.
    """
    raised: list[KeyboardInterrupt] = []
    first = 0.0

    def end(number: int, _: FrameType | None) -> None:
        nonlocal first
        if number == signal.SIGINT:
            raised.append(KeyboardInterrupt())
        else:
            now = time.monotonic()
            if raised and now < first + REPEAT_S:
                return
            first = now
            raised.append(Terminated(number))
        raise raised[-1]

    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in ENDING_SIGNALS:
            handler = signal.getsignal(number)
            if handler in (signal.SIG_DFL, signal.default_int_handler):
                before[number] = handler
                signal.signal(number, end)
    try:
        yield raised
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Interruption:
    """Holds ending signals back, while it is entered, until `deliver` or its end.

    A second Ctrl-C is at once. Only signals that have a handler are held back: what is ignored
    stays ignored, and SIGTERM in a program that does not handle it still ends it. What does not run
    in the main thread is left alone. One may be entered within another.
    """

    def __enter__(self) -> "Interruption":
        self._pending: int | None = None
        self._usual: dict[int, Handler] = {}
        if threading.current_thread() is threading.main_thread():
            for number in ENDING_SIGNALS:
                handler = signal.getsignal(number)
                if callable(handler):
                    self._usual[number] = handler
                    signal.signal(number, self._note)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for number, handler in self._usual.items():
            signal.signal(number, handler)
        if kind is None or issubclass(kind, Exception):
            self.deliver()

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._pending is not None and number == signal.SIGINT:
            self._usual[number](number, frame)
        elif self._pending is None:
            self._pending = number

    def deliver(self) -> None:
        """Act on a received signal, if any: usually, raise KeyboardInterrupt."""
        if self._pending is not None:
            number, self._pending = self._pending, None
            self._usual[number](number, None)
