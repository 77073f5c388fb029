"""Suppresses what native libraries write to stderr."""

import contextlib
import os
import sys
import weakref
from collections.abc import Iterator
from typing import TextIO

_STDERR = 2


@contextlib.contextmanager
def silent_native_code() -> Iterator[None]:
    """Suppress what native code writes to stderr; Python code can still write to it.

    libpng, libjpeg and libtiff write remarks about unusual files directly to file descriptor 2,
    whatever the log level. TensorFlow logs the hardware there.
    """
    original = sys.__stderr__
    notebook = type(sys.stderr).__module__.startswith("ipykernel.")  # does not use the descriptor
    if original is None or (sys.stderr is not original and not notebook):
        yield  # stderr is closed or already redirected
        return
    with contextlib.suppress(OSError):  # e.g. the disk is full
        original.flush()
    with (
        _duplicate(original) as ours,
        open(os.devnull, "wb") as nowhere,
        contextlib.nullcontext() if notebook else contextlib.redirect_stderr(ours),
    ):
        os.dup2(nowhere.fileno(), _STDERR)
        try:
            yield
        finally:
            os.dup2(ours.fileno(), _STDERR)


@contextlib.contextmanager
def _duplicate(stderr: TextIO) -> Iterator[TextIO]:
    """Open a duplicate of stderr. Output that cannot be written is lost.

    It stays open as long as someone refers to it: the log of a library that is imported meanwhile,
    such as TensorFlow, keeps writing to the `sys.stderr` that it found on import.
    """
    encoding, errors = stderr.encoding, stderr.errors
    descriptor = os.dup(_STDERR)
    file = os.fdopen(descriptor, "w", 1, encoding=encoding, errors=errors, closefd=False)
    weakref.finalize(file, os.close, descriptor).atexit = False
    try:
        yield file
    finally:
        try:
            file.flush()
        except OSError:  # close it now, or garbage collection would try to flush it again
            with contextlib.suppress(OSError):
                file.close()
