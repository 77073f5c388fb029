"""Ink that hangs together by a line under it -> the pieces that stand on the line.

Somebody has underlined a number, or written it on a line drawn by hand. Unlike those of ruled paper
the line is as long as the number, and no more than a long stroke in the whole image. Whether there
are digits on it is the network's to say.
"""

import cv2
import numpy as np

from digitnet.vision.components import FAINT_LEVEL, components
from digitnet.vision.find import Region, cut_out
from digitnet.vision.lines import Line, erase, find_level_lines
from digitnet.vision.normalize import at_least, normalize, widths
from digitnet.vision.segment import segment

# Ink that is not so many times as wide as high is one digit, or two.
MIN_ASPECT_RATIO = 1.5

# A line lies at least so far down, as a part of the height: higher ones are bars.
MIN_LINE_POSITION = 0.5

# A line is at most so many times as thick as strokes are on the whole.
MAX_THICKNESS = 1.5


def split_off_underline(region: Region) -> list[Region]:
    """Erase the lines that run along the whole width of a region, low in it.

    Args:
        region: What may be a number and a line.

    Returns:
        The pieces that are left, from left to right; none where there is no such line.
    """
    mask = at_least(region.ink, FAINT_LEVEL)
    left, top, width, height = cv2.boundingRect(mask)
    if width < MIN_ASPECT_RATIO * height or height == 0:
        return []
    box = slice(top, top + height), slice(left, left + width)
    ink, mask = (np.ascontiguousarray(part[box]).view(np.uint8) for part in (region.ink, mask))
    lines = find_level_lines(mask, round(MAX_THICKNESS * widths(ink)[0]) + 1)
    if not lines or min(line.place for line in lines) < MIN_LINE_POSITION * height:
        return []
    # Sought again at its own thickness: strokes that run along it are thicker, and stay.
    lines = find_level_lines(mask, max(map(_thickness, lines)) + 1) or lines
    erased = np.zeros_like(mask)
    for line in lines:
        erased[line.rows, line.columns] = 1
    cleared = np.pad(erase(ink, mask, erased), 1)
    parts = components(cleared)
    across, down = region.width / width, region.height / height
    pieces = []
    for group in segment(parts).groups:
        digit = cut_out(cleared, parts, group)
        piece = region._replace(
            x=region.x + round((group.left - 1) * across),
            y=region.y + round((group.top - 1) * down),
            width=max(1, round(group.width * across)),
            height=max(1, round(group.height * down)),
            ink=digit,
            digit=normalize(digit),
        )
        pieces.append(piece)
    return sorted(pieces, key=lambda piece: piece.x)


def _thickness(line: Line) -> int:
    """How many pixels a line has in most of its columns."""
    counts = np.bincount(line.columns)
    return int(np.median(counts[counts > 0]))
