"""How an image was read, stage by stage: gray, ink, boxes, and what the network was shown."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from digitnet.plots.boxes import colour_of, draw_boxes, draw_picture
from digitnet.plots.figure import NEUTRAL_COLOUR, UNSURE_COLOUR, percent
from digitnet.reading.prediction import Box
from digitnet.vision import Stages

PICTURE_SIDE = 3.6
"""Inches of the longer side of each picture."""

WIDE = 2.0
"""Pictures so many times as wide as high stand below each other, at twice the size."""

DIGITS_A_ROW, MAX_DIGITS = 12, 72


def draw_stages(
    figure: Figure, image: NDArray[np.uint8], stages: Stages, boxes: Sequence[Box]
) -> Axes:
    """Draw the stages of reading into an empty figure.

    Args:
        figure: to draw into; its size is set.
        image: (H, W) uint8 gray, 0 dark .. 255 light.
        stages: what vision saw on the way.
        boxes: the answer.

    Returns:
        The axes of the first picture, above which a title may stand.
    """
    height, width = image.shape
    wide = width > WIDE * height
    side = 2 * PICTURE_SIDE if wide else PICTURE_SIDE
    picture_width = max(2.0, width * side / max(height, width))
    picture_height = max(0.8, height * side / max(height, width))
    shown = boxes[:MAX_DIGITS]
    rows = math.ceil(len(shown) / DIGITS_A_ROW)
    down, across = (3, 1) if wide else (1, 3)
    above, below = down * (picture_height + 0.4), max(0.3, 1.0 * rows)
    figure.set_size_inches(max(across * picture_width, 2 * PICTURE_SIDE), above + below + 0.8)
    upper, lower = figure.subfigures(2, 1, height_ratios=(above, below), squeeze=False).flat
    gray: Axes
    gray, ink, found = upper.subplots(down, across)
    draw_picture(gray, image)
    draw_picture(ink, _ink_picture(stages))
    draw_picture(found, image)
    draw_boxes(found, boxes, 72 * min(picture_width / width, picture_height / height))
    gray.set_xlabel("gray")
    ink.set_xlabel("ink; erased or dropped in orange")
    found.set_xlabel("boxes in reading order")
    more = f", the first {len(shown)} of {len(boxes)}" if len(shown) < len(boxes) else ""
    caption = f"28 × 28, as the network saw them{more}" if boxes else "the network saw nothing"
    lower.supxlabel(caption, fontsize="medium", color="black" if boxes else NEUTRAL_COLOUR)
    if boxes:
        cells = lower.subplots(rows, DIGITS_A_ROW, squeeze=False)
        for axes in cells.flat:
            axes.set_axis_off()
        for axes, box in zip(cells.flat, shown, strict=False):
            axes.imshow(box.seen, cmap="gray", vmin=0, vmax=255)
            guess = f"{box.answer} ({box.likeliest})" if box.digit is None else box.answer
            title = f"{guess} {percent(box.confidence)}"
            axes.set_title(title, fontsize=8, color=colour_of(box), pad=2)
    return gray


def _ink_picture(stages: Stages) -> NDArray[np.uint8]:
    """Ink on white paper, black where it is a digit's, orange where it was erased or dropped.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    strength = stages.ink[..., None] / 255
    colour = np.where(stages.dropped[..., None], np.array(to_rgb(UNSURE_COLOUR)), 0.0)
    return np.asarray(255 * (1 - strength * (1 - colour)), np.uint8)
