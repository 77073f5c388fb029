"""Native libraries that write to stderr, kept silent for a while."""

import contextlib
import os
import sys
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
    """A file that leads to where stderr leads; what cannot be written there is lost."""
    encoding, errors = stderr.encoding, stderr.errors
    file = os.fdopen(os.dup(_STDERR), "w", 1, encoding=encoding, errors=errors)
    try:
        yield file
    finally:
        with contextlib.suppress(OSError):
            file.close()
