"""Figures of predictions, training runs and evaluations; handwriting sheets (`sheet`).

Figures use Matplotlib's object-oriented interface and need no display. The colours are from the
palette of Okabe and Ito, which colour-blind people can distinguish.
"""

from digitnet.plots.figure import check_replaceable, save_figure, writable_suffixes
from digitnet.plots.learning import (
    confusion_figure,
    history_figure,
    misses_figure,
    reliability_figure,
)
from digitnet.plots.prediction import can_open_windows, prediction_figure, show_prediction

__all__ = [
    "can_open_windows",
    "check_replaceable",
    "confusion_figure",
    "history_figure",
    "misses_figure",
    "prediction_figure",
    "reliability_figure",
    "save_figure",
    "show_prediction",
    "writable_suffixes",
]
