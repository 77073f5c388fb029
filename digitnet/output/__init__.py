"""Predictions -> text, CSV, JSON Lines, HTML, or a user-defined format.

In: a path and its `Prediction`, or the error of an image. Out: one line in the requested format,
and the file that it goes to; HTML for notebooks. Start with `formats`.
"""

from digitnet.output.html import prediction_html

__all__ = ["prediction_html"]
