"""Synthetic camera images without digits.

A scene consists of opaque objects of all sizes that occlude each other (the dead leaves model; Lee,
Mumford and Huang 2001), each with its own shading and texture.
"""

import cv2
import numpy as np

from digitnet.synthesis.characters.pens import Picture


def make_scene(rng: np.random.Generator) -> Picture:
    """Draw a scene, uint8 (height, width), 0 dark .. 255 light, 120 to 319 pixels a side."""
    height, width = (int(side) for side in rng.integers(120, 320, 2))
    scene = _surface((height, width), rng)
    smallest = rng.uniform(4, 20)
    for _ in range(int(rng.integers(3, 60))):
        # density falls with the cube of the radius, so that scenes look alike at any distance
        radius = smallest / np.sqrt(rng.uniform(0.004, 1))
        mask = _object_mask((height, width), radius, rng)
        np.copyto(scene, _surface((height, width), rng), where=mask > 0)
    blurred = cv2.GaussianBlur(scene, (0, 0), rng.uniform(0.4, 2.0))
    noisy = blurred + rng.normal(0, rng.uniform(0, 4), scene.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def draw_round_objects(scene: Picture, rng: np.random.Generator) -> None:
    """Draw coins, plates, cups or buttons onto a scene, in place.

    Each has the outline of a 0 and up to two inner ones, but differs from the ground inside, too.
    """
    tilt, shorter = rng.uniform(0.5, 1), min(scene.shape)
    for _ in range(int(rng.integers(1, 16))):
        radius = rng.uniform(0.08, 0.45) * shorter
        height, width = (2 * round(half) + 1 for half in (tilt * radius, radius))
        if height < 5 or height >= scene.shape[0] or width >= scene.shape[1]:
            continue
        top = int(rng.integers(scene.shape[0] - height))
        left = int(rng.integers(scene.shape[1] - width))
        part = scene[top : top + height, left : left + width]
        inner = np.sort(rng.uniform(0.3, 0.95, rng.integers(0, 3)))[::-1]
        for share in (1.0, *inner):
            mask = np.zeros_like(part)
            box = ((width - 1) / 2, (height - 1) / 2), (share * width, share * height), 0
            cv2.ellipse(mask, box, 255, -1)
            np.copyto(part, _relief(part.shape, rng), where=mask > 0)


def _relief(shape: tuple[int, ...], rng: np.random.Generator) -> Picture:
    """Draw a surface with details, such as the head on a coin."""
    height, width = shape
    noise = rng.normal(0, 1, shape)
    details = cv2.GaussianBlur(noise, (0, 0), max(0.5, rng.uniform(0.02, 0.15) * height))
    contrast = rng.uniform(0, 60) / float(np.std(details) + 1e-9)
    relief = _surface((height, width), rng) + contrast * np.asarray(details, np.float64)
    return np.asarray(relief.clip(0, 255), np.uint8)


def _object_mask(shape: tuple[int, int], radius: float, rng: np.random.Generator) -> Picture:
    """Draw the mask of an object, a filled polygon or a bent wire, at a random place."""
    height, width = shape
    middle = rng.uniform(0, 1, 2) * (width, height)
    mask = np.zeros(shape, np.uint8)
    corners = int(rng.integers(3, 12))
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
    reach = radius * rng.uniform(0.5, 1.2, corners) * np.array([[1.0], [rng.uniform(0.3, 1)]])
    outline = middle + (reach * np.stack([np.cos(angles), np.sin(angles)])).T
    points = outline.astype(np.int32)
    if rng.random() < 0.2:
        cv2.polylines(
            mask, [points], False, 255, int(rng.integers(1, 9))
        )  # open: a ring would be a 0
    else:
        cv2.fillPoly(mask, [points], 255)
    return mask


def _surface(shape: tuple[int, int], rng: np.random.Generator) -> Picture:
    """Draw a surface: a gray level, a lighting gradient, and sometimes a texture."""
    height, width = shape
    level = rng.uniform(10, 245)
    slope = rng.normal(0, 40, 2)
    across, down = np.linspace(-0.5, 0.5, width), np.linspace(-0.5, 0.5, height)
    light = level + slope[0] * across[None, :] + slope[1] * down[:, None]
    if rng.random() < 0.5:
        coarse = rng.normal(
            0, rng.uniform(0, 30), [max(2, round(s / rng.uniform(3, 20))) for s in shape]
        )
        light = light + cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    surface: Picture = np.clip(light, 0, 255).astype(np.uint8)
    return surface
