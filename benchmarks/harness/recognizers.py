"""The recognizer that a benchmark's options name."""

import argparse

from digitnet import Recognizer

NO_READER = "none"


def load_recognizer(options: argparse.Namespace) -> Recognizer:
    """Load a classifier and a reader, or `none` for the simple way without one.

    Args:
        options: `model` and `reader`.

    Raises:
        BundleError: there is no such model, or it is damaged.
    """
    return Recognizer.load(options.model, None if options.reader == NO_READER else options.reader)
