"""Data files that are not part of this repository."""

import os
from pathlib import Path


def data_file(name: str) -> Path | None:
    """Return the path of a file in the folder in DIGITNET_DATA; None if it is not there.

    Without DIGITNET_DATA, this is the current folder.
    """
    path = Path(os.environ.get("DIGITNET_DATA", "."), name)
    return path if path.is_file() else None
