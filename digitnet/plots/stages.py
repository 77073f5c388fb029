"""Draws the stages of reading an image: grayscale, ink, boxes, and the inputs of the networks."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Polygon
from numpy.typing import NDArray

from digitnet.plots.boxes import colour_of, draw_boxes, draw_picture
from digitnet.plots.figure import NEUTRAL_COLOUR, SURE_COLOUR, percent
from digitnet.plots.strips import cut_strips, draw_strips, height_of
from digitnet.reading.prediction import UNSURE, Box
from digitnet.reading.read_lines import LineReading
from digitnet.vision import Layout

PICTURE_SIDE = 3.6
"""Longer side of each image, in inches."""

WIDE = 2.0
"""Above this aspect ratio, the images of the stages are stacked, at twice the size."""

DIGITS_A_ROW, MAX_DIGITS = 12, 72
"""Number of digits side by side, and maximum number of digits in the figure."""

OUTLINE_COLOUR = SURE_COLOUR
"""Colour of the outlines of lines."""

LABEL_PAD = 10.0
"""Space below an image, in points (1/72 inch), for the confidences of boxes at its edge."""

Stages = tuple[Layout, Sequence[LineReading]]
"""The result of `Recognizer.find_lines`: the layout, and the lines that were read, if any."""


def draw_stages(
    figure: Figure, image: NDArray[np.uint8], stages: Stages, boxes: Sequence[Box]
) -> Axes:
    """Draw the stages of reading into an empty figure.

    The top shows the gray image, its ink and the boxes. Below are the lines as the reader saw them,
    with its probabilities; if no lines were read, the digits as the classifier saw them.

    Args:
        figure: the figure to draw into; its size is set.
        image: (H, W) uint8 grayscale, 0 (dark) to 255 (light).
        stages: the intermediate results.
        boxes: the boxes of the prediction.

    Returns:
        The axes of the first image, for a title.
    """
    layout, lines = stages
    height, width = image.shape
    wide = width > WIDE * height
    side = 2 * PICTURE_SIDE if wide else PICTURE_SIDE
    picture_width = max(2.0, width * side / max(height, width))
    picture_height = max(0.8, height * side / max(height, width))
    down, across = (3, 1) if wide else (1, 3)
    figure_width = max(across * picture_width, 2 * PICTURE_SIDE)
    strips, count = cut_strips(lines, boxes)
    above = down * (picture_height + 0.4)
    below = height_of(strips, figure_width) if strips else _height_of_digits(boxes)
    figure.set_size_inches(figure_width, above + below + 0.8)
    upper, lower = figure.subfigures(2, 1, height_ratios=(above, below), squeeze=False).flat
    gray: Axes
    gray, ink, found = upper.subplots(down, across)
    draw_picture(gray, image)
    draw_picture(found, image)
    draw_boxes(found, boxes, 72 * min(picture_width / width, picture_height / height))
    _draw_ink(ink, layout, image.shape)
    _draw_outlines(ink, lines)
    gray.set_xlabel("grayscale", labelpad=LABEL_PAD)
    ink.set_xlabel("ink and text lines" if lines else "ink", labelpad=LABEL_PAD)
    found.set_xlabel("boxes in reading order", labelpad=LABEL_PAD)
    if strips:
        more = f", the first {len(strips)} of {count} parts" if len(strips) < count else ""
        caption = f"lines as the reader saw them, and its probabilities{more}"
        draw_strips(lower, strips, caption, figure_width)
    else:
        _draw_digits(lower, boxes)
    return gray


def _draw_ink(axes: Axes, layout: Layout, shape: tuple[int, ...]) -> None:
    """Draw ink in black on white, at the size of the gray image."""
    height, width = (layout.scale * side for side in layout.ink.shape)
    axes.imshow(layout.ink, cmap="gray_r", vmin=0, vmax=255, extent=(0, width, height, 0))
    axes.set(xticks=[], yticks=[], xlim=(0, shape[1]), ylim=(shape[0], 0))


def _draw_outlines(axes: Axes, lines: Sequence[LineReading]) -> None:
    """Draw the outline of each line in the image, with a number if there are several."""
    for number, (line, *_) in enumerate(lines, 1):
        bottom, right = line.image.shape
        corners = np.array([[0, right, right, 0], [0, 0, bottom, bottom], [1] * 4])
        places = (line.to_image @ corners).T
        axes.add_patch(Polygon(places, fill=False, color=OUTLINE_COLOUR, linewidth=1))
        if len(lines) > 1:
            axes.annotate(
                str(number),
                places[0],
                xytext=(2, -2),
                textcoords="offset points",
                va="top",
                color=OUTLINE_COLOUR,
                fontsize=7,
            )


def _height_of_digits(boxes: Sequence[Box]) -> float:
    return max(0.3, math.ceil(min(len(boxes), MAX_DIGITS) / DIGITS_A_ROW))


def _draw_digits(figure: SubFigure, boxes: Sequence[Box]) -> None:
    """Draw the digits as the classifier saw them, each with its answer."""
    shown = boxes[:MAX_DIGITS]
    more = f", the first {len(shown)} of {len(boxes)}" if len(shown) < len(boxes) else ""
    caption = f"28 × 28, as the classifier saw them{more}" if boxes else "no digit found"
    figure.supxlabel(caption, fontsize="medium", color="black" if boxes else NEUTRAL_COLOUR)
    if not boxes:
        return
    cells = figure.subplots(math.ceil(len(shown) / DIGITS_A_ROW), DIGITS_A_ROW, squeeze=False)
    for axes in cells.flat:
        axes.set_axis_off()
    for axes, box in zip(cells.flat, shown, strict=False):
        axes.imshow(box.seen, cmap="gray", vmin=0, vmax=255)
        guess = f"{box.symbol} ({box.raw})" if box.symbol == UNSURE else box.symbol
        title = f"{guess} {percent(box.confidence)}"
        axes.set_title(title, fontsize=8, color=colour_of(box), pad=2)
