"""The exceptions that digitnet raises on purpose, each with a one-line message for the user.

    DigitnetError
    ├── ImageError      an image cannot be read: missing, not an image, damaged, too large
    ├── BundleError     a trained model cannot be read or written: missing, changed, not digitnet's
    ├── DatasetError    labelled digits cannot be read or split: missing, wrong shape, wrong labels
    └── OutputError     a result cannot be written: it already exists, no permission, disk full

They are raised where the problem is detected and printed in one place, `digitnet.cli`. A message
says what is wrong, what was received and what to do. All other exceptions keep their traceback.
"""


def os_error_reason(error: Exception) -> str:
    """Return the reason for an error of the system or a library: `no space left on device`."""
    reason = getattr(error, "strerror", None) or str(error).strip().partition("\n")[0]
    return reason[:1].lower() + reason[1:] or type(error).__name__


class DigitnetError(Exception):
    """Base class of all exceptions that digitnet raises on purpose. `str(error)` is one line."""


class ImageError(DigitnetError):
    """An image cannot be read: it is missing, not an image, damaged, or larger than the limits."""


class BundleError(DigitnetError):
    """A trained model cannot be read or written: a file is missing, changed or not digitnet's."""


class DatasetError(DigitnetError):
    """Labelled digits cannot be read or split: missing, truncated, wrong shape, wrong labels."""


class OutputError(DigitnetError):
    """A result cannot be written: the file already exists, no permission, the disk is full."""
