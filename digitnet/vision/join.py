"""Groups that are one digit -> one group: a broken stroke, a bar apart, the dot in a 0."""

import itertools
from bisect import insort

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.vision.components import Components, Group, union
from digitnet.vision.normalize import outline

# Pieces of one digit are at most so many stroke widths apart, or this part of their height.
GAP_STROKES = 1.3
GAP_HEIGHT = 0.06

# Two pieces side by side that are both so high, as a part of both together, are two digits.
FULL_HEIGHT = 0.7

# No digit is wider than so many times its height.
MAX_DIGIT_ASPECT = 1.6

# A digit and its broken-off pieces are not much higher than other digits beside them.
MIN_HEIGHT_RATIO = 1.35

# Heights tell which pieces are whole digits where digits are at least this part as high as these.
COMPARABLE_HEIGHT_RATIO = 0.6

# Side by side are two pieces that have less than this part of the narrower one's columns in common.
BESIDE = 0.5

# The bar of a 5: at least so many times as wide as high, at most this part as high as the rest,
# at most this part of the rest's height above it, and over this part of the narrower of both ...
BAR_FLAT = 1.3
BAR_HEIGHT = 0.55
BAR_GAP = 0.3
BAR_ACROSS = 0.4
# ... and both together are no wider than so many times their height.
BAR_ASPECT = 1.3

# Smaller than this part of the stroke round it is a dot in a 0, and no digit.
ENCLOSED_HEIGHT = 0.35


def join_near(groups: list[Group], parts: Components) -> list[Group]:
    """Join the pieces that a broken stroke has left: near each other, and one digit together.

    Args:
        groups: One of each component.
        parts: The components.
    """
    stroke = _stroke_width(parts)
    current = dict(enumerate(groups))
    heights = sorted((group.height, index) for index, group in current.items())
    home = {group.members[0]: index for index, group in current.items()}
    # The smallest first: crumbs return to their digit before digits are compared.
    for piece in sorted(groups, key=lambda group: max(group.width, group.height)):
        reach = max(GAP_STROKES * stroke, GAP_HEIGHT * max(piece.height, piece.width), 2.0)
        for neighbour in _neighbours(piece, parts, round(reach)):
            mine, other = home[piece.members[0]], home.get(neighbour)
            if other is None or other == mine:
                continue
            if _is_one_digit(current[mine], current[other], _usual(heights, mine, other)):
                joined = union([current[other], current.pop(mine)])
                heights = [pair for pair in heights if pair[1] not in (mine, other)]
                insort(heights, (joined.height, other))
                current[other] = joined
                home.update(dict.fromkeys(joined.members, other))
    return list(current.values())


def _usual(heights: list[tuple[int, int]], *without: int) -> int:
    """A height that several groups reach, so that it is the height of digits and not of pieces.

    Args:
        heights: of each group, and its number, the highest last.
        without: numbers of groups that do not count.
    """
    others = (height for height, number in reversed(heights) if number not in without)
    return next(itertools.islice(others, 2, None), 0)


def _is_one_digit(one: Group, other: Group, usual: int) -> bool:
    """Whether two groups that are near each other can be one digit.

    Args:
        one: A group.
        other: A group near it.
        usual: Height of the other digits; 0 if nothing is known.
    """
    joined = union([one, other])
    lower, higher = sorted((one, other), key=lambda group: group.height)
    if usual > COMPARABLE_HEIGHT_RATIO * higher.height and joined.height > MIN_HEIGHT_RATIO * max(
        usual, higher.height
    ):
        return False
    across = min(one.right, other.right) - max(one.left, other.left)
    beside = across < BESIDE * min(one.width, other.width)
    if beside and lower.height >= FULL_HEIGHT * joined.height:
        return False
    underline = lower.width > max(3 * lower.height, higher.height)
    return not underline and joined.width <= MAX_DIGIT_ASPECT * joined.height


def _neighbours(piece: Group, parts: Components, reach: int) -> list[int]:
    """Numbers of the components within so many pixels of a component, without its own."""
    rows = slice(max(0, piece.top - reach), piece.bottom + reach)
    columns = slice(max(0, piece.left - reach), piece.right + reach)
    labels = parts.labels[rows, columns]
    own = (labels == piece.members[0]).view(np.uint8)
    side = 2 * reach + 1
    around = cv2.dilate(own, np.ones((side, side), np.uint8))
    found = np.unique(labels[around > 0]).tolist()
    return [number for number in found if number not in (0, piece.members[0])]


def _stroke_width(parts: Components) -> float:
    """Mean width of all strokes, holes in them closed."""
    mask = (parts.labels > 0).view(np.uint8)
    width = _mean_width(mask)
    side = min(round(width), min(mask.shape) // 8) | 1
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    # In a texture the gaps between strokes are closed too.
    return min(_mean_width(closed), 2 * width)


def _mean_width(mask: cv2.typing.MatLike) -> float:
    """Twice the area over the outline: strokes have two sides."""
    return 2 * cv2.countNonZero(mask) / outline(mask)


def join_bars(groups: list[Group]) -> list[Group]:
    """Join the bar of a 5 that stands apart: flat, above a digit and close to it."""
    done: list[Group] = []
    # Where there are but these two, nothing tells how high digits are.
    tallest = max(group.height for group in groups) if len(groups) > 2 else np.inf
    for group in sorted(groups, key=lambda one: one.height, reverse=True):
        flat = group.width >= BAR_FLAT * group.height
        for index, digit in enumerate(done if flat else ()):
            if _is_bar(group, digit, tallest):
                done[index] = union([digit, group])
                break
        else:
            done.append(group)
    return done


def _is_bar(bar: Group, digit: Group, tallest: float) -> bool:
    """Whether what is flat is the bar of a 5 without it."""
    across = min(bar.right, digit.right) - max(bar.left, digit.left)
    if not (
        bar.height <= BAR_HEIGHT * digit.height
        and bar.top < digit.top
        and digit.top - bar.bottom <= BAR_GAP * digit.height
        and across >= BAR_ACROSS * min(bar.width, digit.width)
    ):
        return False
    joined = union([bar, digit])
    return joined.width <= BAR_ASPECT * joined.height and joined.height <= MIN_HEIGHT_RATIO * max(
        tallest, digit.height
    )


def join_enclosed(groups: list[Group], labels: NDArray[np.int32]) -> list[Group]:
    """Join what is small and enclosed by a stroke: the dot in a 0, or the eyes of a drawn face.

    Alone it would be dropped, and a face be a 0.
    """
    done: list[Group] = []
    for group in sorted(groups, key=lambda one: one.height, reverse=True):
        for index, outer in enumerate(done):
            if group.height < ENCLOSED_HEIGHT * outer.height and _encloses(outer, group, labels):
                done[index] = union([outer, group])
                break
        else:
            done.append(group)
    return done


def _encloses(outer: Group, inner: Group, labels: NDArray[np.int32]) -> bool:
    """Whether a group has ink on all four sides of the middle of another."""
    row, column = (inner.top + inner.bottom) // 2, (inner.left + inner.right) // 2
    if not (outer.left <= column < outer.right and outer.top <= row < outer.bottom):
        return False
    sides = (
        labels[outer.top : inner.top, column],
        labels[inner.bottom : outer.bottom, column],
        labels[row, outer.left : inner.left],
        labels[row, inner.right : outer.right],
    )
    return all(np.isin(side, outer.members).any() for side in sides)
