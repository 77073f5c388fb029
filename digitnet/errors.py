"""The errors that digitnet raises on purpose: each is one line for the person at the terminal.

    DigitnetError
    ├── ImageError      an image cannot be read: missing, not an image, damaged, too large
    ├── BundleError     a trained model cannot be read or written: missing, changed, foreign
    ├── DatasetError    labelled digits cannot be read or split: missing, wrong shape, wrong labels
    └── OutputError     a result cannot be written: exists already, no permission, disk full

They are raised where the fault is known and shown at one place, `digitnet.cli`. A message says what
is wrong, what was received and what to do. Anything else that goes wrong keeps its traceback.
"""


def os_error_reason(error: Exception) -> str:
    """Why the system or a library refuses, as a part of a message: `no space left on device`."""
    reason = getattr(error, "strerror", None) or str(error).strip().partition("\n")[0]
    return reason[:1].lower() + reason[1:] or type(error).__name__


class DigitnetError(Exception):
    """The base of all errors that digitnet raises on purpose. `str(error)` is one line."""


class ImageError(DigitnetError):
    """An image cannot be read: it is missing, no image, damaged, or larger than the limits."""


class BundleError(DigitnetError):
    """A trained model cannot be read or written: a file is missing, changed or not digitnet's."""


class DatasetError(DigitnetError):
    """Labelled digits cannot be read or split: missing, truncated, wrong shape, wrong labels."""


class OutputError(DigitnetError):
    """A result cannot be written: the file exists already, no permission, the disk is full."""
