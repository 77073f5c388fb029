"""Native libraries that write to stderr, kept silent for a while."""

import contextlib
import os
import sys
import weakref
from collections.abc import Iterator
from typing import TextIO

_STDERR = 2


@contextlib.contextmanager
def silent_native_code() -> Iterator[None]:
    """Keep native code from writing to stderr; Python still may.

    libpng, libjpeg and libtiff comment on odd files on file descriptor 2, past every log level, and
    TensorFlow logs the hardware there.
    """
    original = sys.__stderr__
    notebook = type(sys.stderr).__module__.startswith("ipykernel.")  # needs no descriptor to write
    if original is None or (sys.stderr is not original and not notebook):
        yield  # it is closed, or leads elsewhere already
        return
    with contextlib.suppress(OSError):  # continue if its disk is full
        original.flush()
    with (
        _second_way_to(original) as ours,
        open(os.devnull, "wb") as nowhere,
        contextlib.nullcontext() if notebook else contextlib.redirect_stderr(ours),
    ):
        os.dup2(nowhere.fileno(), _STDERR)
        try:
            yield
        finally:
            os.dup2(ours.fileno(), _STDERR)


@contextlib.contextmanager
def _second_way_to(stderr: TextIO) -> Iterator[TextIO]:
    """A file that leads to where stderr leads; what cannot be written there is lost.

    It stays open for whoever keeps it: the log of a library that is imported meanwhile, such as
    TensorFlow's, goes on writing to the stderr that it has found.
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
        except OSError:  # closed, it does not try once more when nobody keeps it
            with contextlib.suppress(OSError):
                file.close()
