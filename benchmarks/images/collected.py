"""Sheets printed by `digitnet sheet`, filled in with digits and photographed."""

import io
from collections.abc import Sequence

import cv2
import numpy as np

from benchmarks.images.canvas import Cover, Picture, Random, jpeg, strokes, to_bytes
from benchmarks.images.photos import half_plane
from benchmarks.images.writing import lay
from digitnet.data.sheet_layout import BOX_SIDE, FRAME, Paper, boxes
from digitnet.plots.sheet import MM_PER_INCH, sheet_figure

TURN_DEGREES = 12.0
"""Maximum rotation of a photo, before a random number of quarter turns."""
KEYSTONE = 0.06
"""Maximum shift of each corner of the paper by perspective, relative to the side."""
BEND_MM = 1.0
"""Maximum shift of the middle of the sheet by curled paper."""
BLUR_MM = 0.25
"""Maximum standard deviation of the blur."""


def print_sheet(paper: Paper, px_per_mm: float) -> Picture:
    """Draw an empty sheet as a grayscale image."""
    file = io.BytesIO()
    sheet_figure(paper).savefig(file, format="png", dpi=px_per_mm * MM_PER_INCH)
    data = np.frombuffer(file.getvalue(), np.uint8)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)


def fill_sheet(
    blank: Picture, px_per_mm: float, digits: Sequence[Picture | None], rng: Random
) -> tuple[Picture, list[Cover | None]]:
    """Write digits into the boxes of a sheet.

    Args:
        blank: (H, W) gray, the empty sheet with its frame centred.
        px_per_mm: resolution of the sheet.
        digits: (28, 28) white ink on black for each box, in order; None leaves a box empty.
        rng: draws sizes, positions and the pen.

    Returns:
        The sheet, and the ink of each box separately.
    """
    middle = np.array(blank.shape[::-1]) / px_per_mm / 2 - np.array(FRAME) / 2
    cover = np.zeros(blank.shape, np.float32)
    side = BOX_SIDE * px_per_mm
    inks: list[Cover | None] = []
    for (x, y, _), digit in zip(boxes(), digits, strict=True):
        inks.append(None if digit is None else strokes(digit, side * rng.uniform(0.45, 0.75)))
        if (ink := inks[-1]) is not None:
            corner = px_per_mm * (middle + np.array([x, y]))
            corner += (side - np.array(ink.shape[::-1])) * rng.uniform(0.25, 0.75, 2)
            left, top = np.rint(corner).astype(int).tolist()
            lay(cover, ink, top, left)
    pen = rng.uniform(20, 110)
    return to_bytes(blank - cover * np.clip(blank - pen, 0, 255)), inks


def photograph(sheet: Picture, side: int, rng: Random) -> bytes:
    """Simulate a photo of a sheet on a table: in perspective, slightly bent and badly lit.

    Args:
        sheet: (H, W) gray.
        side: longer side of the photo in pixels.
        rng: draws camera position, light, focus and noise.

    Returns:
        The photo as a JPEG file.
    """
    rows, columns = sheet.shape
    bent = _bend(sheet, rng)
    angle = np.deg2rad(rng.uniform(-TURN_DEGREES, TURN_DEGREES))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    frame = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float64)
    there = frame @ turn + rng.uniform(-KEYSTONE, KEYSTONE, (4, 2)) * (columns, rows)
    there -= there.min(axis=0)
    margin = rng.uniform(0.01, 0.08) * side
    there = margin + there * (side - 2 * margin) / there.max()
    width, height = np.ceil(there.max(axis=0) + margin).astype(int).tolist()
    matrix = cv2.getPerspectiveTransform(frame.astype(np.float32), there.astype(np.float32))
    fine = cv2.GaussianBlur(bent, (0, 0), 0.4 * rows / side).astype(np.float32)
    light, table = rng.uniform(0.6, 1), rng.uniform(20, 230)
    gray = cv2.warpPerspective(light * fine, matrix, (width, height), borderValue=table)
    edge = half_plane((height, width), rng, rng.uniform(-0.3, 0.3))
    soft = rng.uniform(0.02, 0.3) * side
    gray = gray * (1 - rng.uniform(0, 0.55) * np.clip(edge / soft + 0.5, 0, 1))
    gray *= 1 - rng.uniform(0, 0.3) * np.linspace(0, 1, width, dtype=np.float32)
    gray = cv2.GaussianBlur(gray, (0, 0), 0.3 + rng.uniform(0, BLUR_MM) * side / 297)
    noisy = gray + rng.uniform(0, 5) * rng.standard_normal(gray.shape, np.float32)
    return jpeg(np.rot90(noisy, int(rng.integers(4))), int(rng.integers(55, 95)))


def _bend(sheet: Picture, rng: Random) -> Picture:
    """Simulate curled paper: shift columns vertically and rows horizontally, by half a sine."""
    rows, columns = sheet.shape
    deep = rng.uniform(-BEND_MM, BEND_MM, 2) * rows / 297
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    down = deep[0] * np.sin(np.pi * x / columns)
    aside = deep[1] * np.sin(np.pi * y / rows)
    source = (x + aside).astype(np.float32), (y + down).astype(np.float32)
    bent = cv2.remap(sheet, *source, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return bent.view(np.uint8)
