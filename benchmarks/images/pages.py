"""Images for timing: a digit of 28 x 28 pixels, and pages of 12 megapixels."""

import cv2
import numpy as np
from numpy.typing import NDArray

HEIGHT, WIDTH = 3000, 4000
ROWS, COLUMNS = 5, 9
"""Rows and columns of digits on the photo."""

SCAN_TOPS = range(400, HEIGHT, 500)
SCAN_ROWS = len(SCAN_TOPS)


def digit() -> NDArray[np.uint8]:
    """Draw a 3 like MNIST's: 28 x 28, white ink on black."""
    large = np.zeros((280, 280), np.uint8)
    for row, start in ((100, -150), (180, -90)):
        cv2.ellipse(large, (140, row), (45, 40), 0, start, start + 240, 255, 26)
    return cv2.resize(large, (28, 28), interpolation=cv2.INTER_AREA).view(np.uint8)


def photo(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Simulate a photo of rows of digits on unevenly lit paper: (HEIGHT, WIDTH, 3) BGR."""
    page = np.zeros((HEIGHT, WIDTH), np.uint8)
    for row in range(ROWS):
        for column in range(COLUMNS):
            place = (250 + 400 * column + int(rng.integers(40)), 600 + 520 * row)
            font = cv2.FONT_HERSHEY_SIMPLEX
            cv2.putText(page, str(rng.integers(10)), place, font, 9, 255, 26, cv2.LINE_AA)
    ink = cv2.GaussianBlur(page, (0, 0), 2).astype(np.float32) / 255
    light = np.linspace(1, 0.7, WIDTH, dtype=np.float32) * np.linspace(0.9, 1, HEIGHT)[:, None]
    gray = light * (225 - 170 * ink) + 3 * rng.standard_normal((HEIGHT, WIDTH), np.float32)
    return np.clip(gray[:, :, None] * (0.94, 0.98, 1), 0, 255).astype(np.uint8)


def scan(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Simulate a scan of rows of digits, in strokes of two pixels: (HEIGHT, WIDTH, 3) BGR."""
    page = np.full((HEIGHT, WIDTH, 3), 250, np.uint8)
    for top in SCAN_TOPS:
        number = "".join(map(str, rng.integers(0, 10, 8)))
        font = cv2.FONT_HERSHEY_SIMPLEX
        for place, digit in enumerate(number):
            where = (200 + 460 * place, top)
            cv2.putText(page, digit, where, font, 8, (90, 40, 30), 2, cv2.LINE_AA)
    grain = np.rint(1.5 * rng.standard_normal(page.shape, np.float32)).astype(np.int16)
    return np.asarray(np.clip(page + grain, 0, 255), np.uint8)
