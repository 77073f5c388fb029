"""Ways of writing digits around the world, as strokes with random variation.

`digitnet.synthesis.characters.strokes` describes the notation of ways and their grid.
"""

from collections.abc import Sequence

import numpy as np

from digitnet.synthesis.characters.pens import Stroke
from digitnet.synthesis.characters.strokes import place, read_way

WAYS = {
    0: [
        *2 * ("40 11 03 06 18 39 68 76 73 61", "40 12 25 38 59 77 73 61"),
        "10 10 19 19 69 69 60 60",
        "60 30 11 07 29 59 78 71",
        "61 11 04 09 49 78 72",
    ],
    1: ["40 49", "40 49|29 69", *2 * ("13 40 40 49|29 69",), *5 * ("13 40 40 49",)],
    2: ["12 30 60 73 55 19 19 79", "12 30 60 73 36 19 17 37 79", "11 41 72 64 19 19 79"],
    3: ["11 40 70 73 44 44 75 77 49 08", "10 10 70 70 34 34 65 77 49 08", "11 51 72 35 76 49 08"],
    4: ["20 06 06 76|50 59", "30 06 06 86|52 59", "50 50 06 06 86|50 59", "10 05 05 65|60 59"],
    5: ["70 10 10 14 43 75 77 49 08", "10 14 53 75 68 39 08|10 70", "10 14 53 76 39 08|30 80"],
    6: ["50 13 06 28 58 76 55 15", "60 22 07 39 69 76 45 07"],
    7: [
        "00 70 70 29",
        "00 70 70 39|25 65",
        "02 00 70 70 29",
        "00 70 44 39|15 65",
        "01 70 53 39|34 64",
    ],
    8: ["60 20 13 44 76 59 19 06 44 73 60", "40 12 44 76 49 06 44 72 40"],
    9: ["71 40 02 15 55 72 71 71 69", "71 40 02 15 55 72 71 65 29", "71 31 04 35 71 71 79"],
}
"""Common ways to write each digit (see `strokes`)."""

WORLD_WAYS = {
    0: [
        "20 20 60 60 82 82 87 87 69 69 29 29 07 07 02 02 20",
        "20 04 07 39 67 64 20",
    ],
    1: [
        "07 50 50 59",
        "05 50 50 59",
        "08 50 50 59|29 89",
        "06 30 30 39",
        "50 39",
        "09 36 60 60 29",
    ],
    2: [
        "11 30 61 54 28 17 06 18 38 79",
        "02 20 51 54 08 07 27 59 78",
        "10 60 60 64 04 04 09 09 69",
    ],
    3: [
        "10 70 70 33 33 55 77 49 18",
        "11 40 62 44 24 24 54 77 49 08",
        "10 60 60 64 14 14 64 64 69 69 09",
        "01 30 51 43 24 33 35 55 67 48 08",
        "00 60 60 23 54 66 48 07",
    ],
    4: [
        "01 05 76 76|71 59",
        "01 05 35 65 61|60 49",
        "02 15 45 74 71 71 69",
        "00 05 75|52 59",
        "00 03 25 55 73 70|40 49",
        "40 15 06 17 26 16 76|52 59",
        "50 25 06 08 27 36 86|62 59",
        "50 06 66|51 59",
        "30 05 15 55|60 29",
        "20 14 25 55 70 70 39",
        "50 06 06 66 59",
        "40 05 24 65 48",
        "10 03 16 46 64 62 50 32 49",
    ],
    5: ["80 20 13 53 76 48 09", "70 70 10 10 04 04 64 64 69 69 09", "72 60 20 13 54 76 39 08"],
    6: [
        "82 71 40 12 06 28 58 76 64 35 07",
        "60 20 05 29 69 75 44 06",
        "70 60 31 05 19 49 66 35 07",
        "70 10 10 19 19 79 79 75 75 15",
    ],
    7: [
        "01 12 30 51 70 70 29",
        "02 11 31 52 70 54 39",
        "00 70 70 29|17 57",
        "00 70 39|07 66",
        "20 60 60 39",
        "02 00 30 50 70 46 49",
        "01 30 31 70 29|24 64",
        "01 12 30 51 70 45 39|16 67",
        "00 60 60 19|04 64",
        "02 11 12 24 32 60 39|06 66",
        "01 12 14 33 61 46 39|05 77",
        "00 04 33 70 29|06 56",
        "01 10 13 34 52 61 48 39|15 75",
    ],
    8: [
        "60 31 12 33 64 77 49 18 16 43 62 60",
        "44 22 40 62 44 44 16 49 76 44",
        "10 70 70 79 79 19 19 10|14 74",
        "71 50 31 33 55 77 49 17 35 62",
        "43 62 50 31 44 67 49 27 45 64",
        "04 34 61 50 31 34 47 39 18 56 84",
    ],
    9: [
        "62 41 32 54 62 61 59",
        "71 40 11 13 45 72 70 67 49 18",
        "40 12 13 45 73 72 40 40 49",
        "60 31 33 63 61 59",
        "71 50 21 24 54 71 71 67 49 29 08",
        "70 10 10 14 14 74|70 79",
        "62 41 32 54 62 61 48 29 09",
        "71 40 22 34 71 71 09",
        "60 31 23 34 53 60 60 19",
        "05 35 62 60 40 22 25 49",
    ],
}
"""Ways to write digits that MNIST lacks.

1 with a long upstroke; two-storeyed 2 and 3; 7 with a wave, even a deep one, with a low bar or a
short flag; 4 open, in one stroke, looped, like a psi or a phi; 8 and 9 with a stroke into the loop;
9 with a small or curled loop, with a long tail, like a phi; hooked 6; angular 0; block shapes.
"""

LINE_WAYS = {
    0: ["40 12 06 28 58 76 72 50", "30 01 05 38 68 86 82 51"],
    1: ["19 50 50 29", "06 25 50 50 29 28"],
    4: ["40 05 55|63 39", "10 14 45 60 60 29"],
    5: [
        "04 13 29 29 60 60 90",
        "12 28 28 50 50 90",
        "11 17 28 37 50 80",
        "14 23 38 38 61 70 81",
        "70 30 12 33 55 47 18 08",
    ],
    7: ["30 60 39|05 84", "31 50 39|04 75", "20 50 29|06 65"],
    8: ["25 62 60 30 14 28 58 77 65"],
    9: ["19 32 50 71 63 34 23", "19 31 40 60 72 54 34"],
}
"""Shapes that only their neighbours distinguish from letters and signs: 5 like a root sign or an S,
9 like a rho, 8 like an e, 7 like a dagger, 4 like a y, 1 with an upstroke from the baseline, 0 with
a link to the next digit."""

FLAG = (1, 3)
"""Grid point at which the first stroke of a 1 starts if its flag has a random length."""

BARRED = 0.4
"""Probability that a 0 has a bar through it or a dot in it."""


def max_rounding(digit: int) -> float:
    """Return the maximum rounding of a digit's corners (see `strokes`): a 1 has a sharp top."""
    return 2.0 if digit == 1 else 5.0


def digit_strokes(digit: int, ways: Sequence[str], rng: np.random.Generator) -> list[Stroke]:
    """Return the strokes of a digit before rounding, in pixels relative to the canvas centre.

    Args:
        digit: 0-9.
        ways: ways to write the digit (see `strokes`); one is chosen at random.
        rng: random generator.
    """
    way = ways[int(rng.integers(len(ways)))]
    grids = read_way(way)
    if digit == 1 and len(grids[0]) > 2:
        start, top = grids[0][:2]
        is_flag = tuple(start) == FLAG
        grids[0][0] = _flag(rng) if is_flag else top + (start - top) * rng.uniform(0.6, 1.1)
    strokes = place(grids, 1.0 if digit == 1 else 1.5, rng)
    if digit == 0:
        strokes[0] = _loop(strokes[0], rng)
        if way in LINE_WAYS[0]:
            strokes[0] = _linked(strokes[0], rng)
        elif rng.random() < BARRED:
            strokes.append(_bar(strokes[0], rng))
    return strokes


def _flag(rng: np.random.Generator) -> tuple[float, float]:
    """Return the start of the flag of a 1 whose stem starts at (4, 0).

    The flag slopes down, unlike that of a 7. A short flag may be nearly level, as in print.
    """
    across = rng.uniform(0.8, 4.0)
    return 4 - across, across * rng.uniform(0.5 if across > 2.5 else 0.2, 2.0)


def _loop(points: Stroke, rng: np.random.Generator) -> Stroke:
    """Close the stroke of a 0 roughly: its end misses its start or runs past it."""
    closed = np.concatenate([points, points[:1] + rng.normal(0, 1.5, 2)])
    return np.concatenate([closed, points[1:2]]) if rng.random() < 0.3 else closed


def _linked(loop: Stroke, rng: np.random.Generator) -> Stroke:
    """Add a stroke to the right, towards the next digit."""
    link = np.ptp(loop[:, 0]) * np.array([rng.uniform(0.3, 1.1), rng.normal(0, 0.15)])
    return np.concatenate([loop, loop[-1:] + link])


def _bar(loop: Stroke, rng: np.random.Generator) -> Stroke:
    """Return a bar through a 0, slanted or level, or a dot in it."""
    middle = loop.mean(axis=0) + rng.normal(0, 1.5, 2)
    reach = np.ptp(loop, axis=0) / 2 * [rng.uniform(0.6, 1.5), -rng.uniform(-0.2, 1.1)]
    if rng.random() < 0.2:
        reach = np.array([0.0, rng.uniform(0, 2)])
    return np.array([middle - reach, middle + reach])
