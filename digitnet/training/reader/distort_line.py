"""Data augmentation for lines of the user's handwriting."""

import cv2
import numpy as np

from digitnet.training.reader.targets import OwnLine
from digitnet.vision.line_image import LINE_HEIGHT, LINE_WIDTHS

MAX_STRETCH = 0.12
"""Maximum log of the factor that stretches or shrinks the width; half as much for the height."""
MAX_SLANT = 0.15
"""Maximum slant, in columns per row."""
MAX_SLOPE = 0.02
"""Maximum slope, in rows per column."""
MAX_SHIFT_PX = 1.5
"""Maximum shift in either direction."""
NOISE = 4.0
"""Maximum standard deviation of the noise, in gray levels; paper and ink are 100 levels apart."""


def distort_line(line: OwnLine, rng: np.random.Generator) -> OwnLine:
    """Stretch, slant, rotate and shift a line slightly, and add noise.

    Its width may change, up to 384 pixels, but never becomes less: each symbol needs a column.
    """
    width = line.picture.shape[1]
    across = float(np.exp(rng.uniform(-MAX_STRETCH, MAX_STRETCH)))
    down = float(np.exp(rng.uniform(-MAX_STRETCH, MAX_STRETCH) / 2))
    slant = float(rng.uniform(-MAX_SLANT, MAX_SLANT))
    slope = float(rng.uniform(-MAX_SLOPE, MAX_SLOPE))
    columns = min(max(width, round(across * width)), LINE_WIDTHS[-1])
    middle = np.array([(width - 1) / 2, (LINE_HEIGHT - 1) / 2])
    matrix = np.array([[across, slant], [slope, down]])
    shift = rng.uniform(-MAX_SHIFT_PX, MAX_SHIFT_PX, 2)
    offset = np.array([(columns - 1) / 2, middle[1]]) + shift - matrix @ middle
    picture = cv2.warpAffine(
        line.picture,
        np.column_stack([matrix, offset]),
        (columns, LINE_HEIGHT),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    grain = rng.normal(0, rng.uniform(0, NOISE), picture.shape)
    return line._replace(picture=np.clip(np.round(picture + grain), 0, 250).astype(np.uint8))
