"""Output: answers go to stdout; errors, notes and progress go to stderr."""

import contextlib
import errno
import os
import sys
import threading
import time
from collections.abc import Callable

from digitnet.errors import OutputError, os_error_reason
from digitnet.files.escape import escape_for_terminal

INTERRUPTED = 130
"""The shell's exit code for Ctrl-C."""

MIN_ITEMS_FOR_PROGRESS = 20
"""Number of images read before a progress bar is shown."""

REFRESH_S = 0.1
"""Seconds between updates of the progress bar: Rich computes the rate from the last updates."""

_STDERR = 2


def report(message: str) -> None:
    """Write an error or a note to stderr, as one line.

    If stderr is closed, full or no longer read, the message is dropped and the program continues.
    """
    with contextlib.suppress(OSError, AttributeError):
        sys.stderr.write(f"digitnet: {escape_for_terminal(message)}\n")


def notes(*, quiet: bool) -> Callable[[str], None]:
    """Return a function that writes notes to stderr, or drops them if `quiet`."""
    return (lambda message: None) if quiet else report


def print_result(text: str) -> None:
    """Write a result to stdout. If stdout is a closed pipe, do nothing.

    Raises:
        OutputError: stdout cannot be written, for instance because the disk is full.
    """
    output = StandardOutput()
    # Bytes in a name that are not UTF-8 may control the terminal.
    errors = "backslashreplace" if output.is_terminal else "surrogateescape"
    with contextlib.suppress(BrokenPipeError):
        output.write(text.encode("utf-8", errors))


class StandardOutput:
    """Writes answers to stdout and flushes after each one."""

    @property
    def is_terminal(self) -> bool:
        """Whether stdout is a terminal."""
        return sys.stdout is not None and sys.stdout.isatty()

    def write(self, data: bytes) -> None:
        """Write and flush.

        Raises:
            BrokenPipeError: stdout is a closed pipe.
            OutputError: stdout cannot be written, for instance because the disk is full.
        """
        if sys.stdout is None:
            raise OutputError("standard output is closed; open it, or give --output")
        try:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        except OSError as error:
            drop_output()
            if error.errno in (errno.EPIPE, errno.EINVAL):  # Windows reports EINVAL
                raise BrokenPipeError from None
            raise OutputError(
                f"standard output cannot be written: {os_error_reason(error)}"
            ) from None


def drop_output() -> None:
    """Discard the buffered output of stdout, so that Python exits without an error."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def flush_within(seconds: float) -> None:
    """Flush stdout and stderr, but stop waiting after `seconds`."""

    def flush() -> None:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError, AttributeError):
                stream.flush()

    writer = threading.Thread(target=flush, daemon=True)
    writer.start()
    writer.join(seconds)


def open_standard_descriptors() -> None:
    """Open the null device for each standard descriptor that was closed at program start.

    Otherwise the next file that is opened would get its number, and the output meant for it.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number
    # sys.stdout stays None: answers that nobody can receive are an error.
    sys.stdin = sys.stdin or os.fdopen(0, closefd=False)
    sys.stderr = sys.stderr or os.fdopen(_STDERR, "w", closefd=False)


class Progress:
    """A progress bar on stderr, shown only if there are many images.

    It shows the number of images done, the rate, and, if the total is known, the remaining time.

    Args:
        total: the number of images, or None if it is unknown.
        wanted: False for no bar at all.
    """

    def __init__(self, total: int | None, *, wanted: bool) -> None:
        self._total = total
        self._wanted = wanted and (total is None or total > MIN_ITEMS_FOR_PROGRESS)
        self._count = 0
        self._stack = contextlib.ExitStack()
        self._show: Callable[[], None] = lambda: None
        self._next_refresh = 0.0

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def step(self) -> None:
        """Count one finished image."""
        self._count += 1
        if not self._wanted or self._count < MIN_ITEMS_FOR_PROGRESS:
            return
        if self._count == MIN_ITEMS_FOR_PROGRESS:
            self._show = self._start()
        now = time.monotonic()
        if now >= self._next_refresh:
            self._show()
            self._next_refresh = now + REFRESH_S

    def _start(self) -> "Callable[[], None]":
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            ProgressColumn,
            Task,
            TimeRemainingColumn,
        )
        from rich.text import Text

        class Rate(ProgressColumn):
            def render(self, task: Task) -> Text:
                return Text("" if task.speed is None else f"{task.speed:,.0f} images/s")

        columns = ("reading", BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
        bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._stack.enter_context(bar)
        task = bar.add_task("reading", total=self._total)

        def show() -> None:
            bar.update(task, completed=self._count)

        self._stack.callback(show)  # progress since the last update
        return show


def progress_is_useful(*, quiet: bool, answers_on_stdout: bool) -> bool:
    """Whether to show progress: stderr is a terminal, and answers are not printed on one."""
    shown = answers_on_stdout and StandardOutput().is_terminal
    return not quiet and sys.stderr.isatty() and not shown
