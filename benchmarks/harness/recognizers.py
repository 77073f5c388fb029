"""Load the recognizer named by a benchmark's options."""

import argparse

from digitnet import Recognizer

NO_READER = "none"


def load_recognizer(options: argparse.Namespace) -> Recognizer:
    """Load a classifier and a reader, or no reader if its name is `none`.

    Args:
        options: with `model` and `reader`.

    Raises:
        BundleError: if a model does not exist or is damaged.
    """
    return Recognizer.load(options.model, None if options.reader == NO_READER else options.reader)
