"""Signals that ask the program to end: Ctrl-C, SIGTERM, SIGHUP.

All of them raise a `KeyboardInterrupt`, so that files are cleaned up on the way out. Python raises
it wherever the main thread happens to be. While OpenCV or TensorFlow converts an array, it crashes
the process with a segmentation fault. In the finalizer of an object, it is lost. Of 120 trainings
stopped at a random moment, one crashed and nine continued. `Interruption` delays the signals there.
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
"""Sent by Ctrl-C (SIGINT); by `kill`, `timeout` and service managers (SIGTERM); when a terminal is
closed (SIGHUP, on Windows SIGBREAK)."""

REPEAT_S = 1.0
"""Seconds within which a repeated SIGTERM or SIGHUP counts as the same request. `timeout` signals
both the program and its process group; when a terminal is closed, both the kernel and the shell
send SIGHUP."""

WAKE_S = 0.2
"""Longest single wait of the main thread, in seconds. Ctrl-C does not end a wait on Windows;
elsewhere, it does not if it arrives at the moment when the wait begins."""


class Terminated(KeyboardInterrupt):
    """A signal other than Ctrl-C asked the program to end; `number` is the signal number."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def exit_code(interrupt: KeyboardInterrupt) -> int:
    """Return the exit code for a program ended by a signal, as shells do: 128 + signal number."""
    return 128 + (interrupt.number if isinstance(interrupt, Terminated) else signal.SIGINT)


@contextlib.contextmanager
def ending_signals_raise() -> Iterator[list[KeyboardInterrupt]]:
    """Make Ctrl-C raise `KeyboardInterrupt` and the other ending signals `Terminated`.

    Ignored signals (`nohup`, background programs) stay ignored, and existing handlers stay in
    place. Outside the main thread, nothing changes.

    Yields:
        The exceptions raised so far, in case a library has turned them into other exceptions.
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
    """Context manager that delays ending signals until `deliver` is called or its block ends.

    A second Ctrl-C takes effect at once. Only signals with a handler are delayed: ignored signals
    stay ignored, and SIGTERM still ends a program that does not handle it. Outside the main thread,
    nothing changes. Blocks can be nested.
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
        """Handle the delayed signal, if there is one; this usually raises `KeyboardInterrupt`."""
        if self._pending is not None:
            number, self._pending = self._pending, None
            self._usual[number](number, None)
