"""Table of the images in `samples/`; a new entry adds an image."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np
from handwriting import DIGITS, Shape, Style
from papers import (
    WHITE,
    Colour,
    Ink,
    Picture,
    ballpoint,
    blackboard,
    chalk,
    crayon,
    felt,
    noise,
    paper,
    pencil,
    photograph,
    plain,
    rule,
)

BLACK: Colour = (0.0, 0.0, 0.0)
GRAPHITE: Colour = (0.27, 0.27, 0.29)
INK_BLACK: Colour = (0.10, 0.10, 0.13)
INK_BLUE: Colour = (0.10, 0.16, 0.50)
INK_RED: Colour = (0.80, 0.10, 0.12)
LINE_BLUE: Colour = (0.66, 0.74, 0.86)
LINE_GRAY: Colour = (0.76, 0.79, 0.82)
PAPER: Colour = (0.95, 0.945, 0.925)
CREAM: Colour = (0.95, 0.92, 0.84)


class Pixels(Enum):
    """Pixel format of an image file."""

    COLOUR = "8 bits, red, green and blue"
    GRAY = "8 bits of gray"
    BILEVEL = "1 bit: black or white"
    DEEP_GRAY = "16 bits of gray"
    TRANSPARENT = "8 bits, ink only: the paper is transparent"


@dataclass(frozen=True)
class Scene:
    """One image: its text, handwriting, pen, paper, camera and pixel format."""

    file: str
    text: str  # each line is a row of the page
    size: tuple[int, int]  # width and height of the image, in pixels
    height: float  # of a digit, in pixels
    style: Style = field(default_factory=Style)
    colour: Colour = BLACK  # of the ink
    sheet: Callable[[tuple[int, int], np.random.Generator], Picture] = lambda size, rng: plain(size)
    tool: Callable[[Ink, np.random.Generator], Ink] = lambda ink, rng: ink
    brush: int = 0  # width in pixels of a hard brush moved by a mouse; 0 for a pen
    camera: Callable[[Picture, np.random.Generator], Picture] = lambda picture, rng: picture
    pixels: Pixels = Pixels.COLOUR
    at: tuple[float, float] = (0.5, 0.5)  # approximate centre of the writing, relative to the image
    row_pitch: float = 1.6  # distance between rows, relative to the height of a digit
    alphabet: Mapping[str, tuple[Shape, ...]] = field(default_factory=lambda: DIGITS)
    turned: bool = False  # stored on its side with an EXIF orientation

    @property
    def label(self) -> str:
        """The expected digits: rows joined by a space."""
        rows = self.text.split("\n")
        return " ".join("".join(filter(str.isdigit, row)) for row in rows)


MOUSE = Style(wobble=0.03, tremor=0.009, pressure=0.0, taper=0.0, overshoot=0.04, slant=0.0)
PEN = Style(width=0.05, slant=0.12)
MARKER = Style(width=0.15, pressure=0.12, taper=0.1, tremor=0.003, slant=0.05)
HURRIED = Style(width=0.055, slant=0.3, wobble=0.03, taper=0.55, breadth=0.9, unevenness=0.05)
CHILD = Style(width=0.09, slant=-0.04, wobble=0.032, tremor=0.011, pressure=0.15, taper=0.1)
CHALK = Style(width=0.085, pressure=0.2, taper=0.15, slant=0.06)

SCENES: tuple[Scene, ...] = (
    # Drawn with a mouse, without antialiasing.
    Scene("paint-0.png", "0", (220, 220), 150, MOUSE, brush=4, pixels=Pixels.BILEVEL),
    Scene("paint-3.png", "3", (240, 240), 160, MOUSE, brush=8),
    Scene("paint-8-one-pixel.png", "8", (160, 180), 110, MOUSE, brush=1, at=(0.45, 0.5)),
    Scene("paint-5-red.png", "5", (320, 240), 150, MOUSE, (0.93, 0.11, 0.14), brush=10),
    Scene("paint-9.bmp", "9", (200, 200), 130, MOUSE, brush=6, pixels=Pixels.GRAY),
    Scene("paint-1-white-on-black.png", "1", (200, 200), 140, MOUSE, WHITE,
          lambda size, rng: plain(size, BLACK), brush=5),
    Scene("paint-year-1998.png", "1998", (520, 220), 110, replace(MOUSE, gap=0.25), brush=5),
    Scene("paint-two-rows.png", "307\n64", (420, 400), 120, replace(MOUSE, unevenness=0.06),
          brush=7),
    # Scanned pens and markers.
    Scene("marker-2.png", "2", (360, 400), 260, replace(MARKER, width=0.17, shapes={"2": 2}),
          tool=felt),
    Scene("marker-green-6.png", "6", (340, 360), 230, MARKER, (0.05, 0.52, 0.27), tool=felt),
    Scene("hair-thin-4.png", "4", (2400, 1800), 1250, replace(PEN, width=0.0022, tremor=0.002)),
    Scene("hair-thin-1370.png", "1370", (1600, 700), 300, replace(PEN, width=0.006), INK_BLACK),
    Scene("off-centre-7.png", "7", (640, 640), 130, replace(PEN, shapes={"7": 1}), INK_BLUE,
          tool=ballpoint, at=(0.83, 0.17)),
    Scene("small-in-a-big-frame-2.png", "2", (1600, 1200), 64, PEN, INK_BLACK, at=(0.37, 0.61)),
    Scene("red-pen-1.png", "1", (300, 300), 180, replace(PEN, shapes={"1": 1}), INK_RED,
          tool=ballpoint),
    Scene("fountain-pen-year-1968.png", "1968", (640, 300), 130,
          Style(width=0.06, slant=0.32, pressure=0.55, taper=0.6), (0.09, 0.13, 0.42)),
    Scene("crayon-5.png", "5", (400, 400), 230, CHILD, (0.93, 0.42, 0.05), tool=crayon),
    Scene("pencil-6.png", "6", (300, 320), 180, replace(PEN, width=0.042), GRAPHITE,
          lambda size, rng: paper(size, rng, PAPER), pencil, pixels=Pixels.GRAY),
    Scene("low-contrast-3.png", "3", (300, 300), 190, replace(PEN, width=0.08), (0.50, 0.50, 0.50),
          lambda size, rng: plain(size, (0.63, 0.63, 0.63)), pixels=Pixels.GRAY),
    Scene("pink-paper-0.png", "0", (260, 260), 160, replace(PEN, width=0.07), (0.42, 0.10, 0.45),
          lambda size, rng: plain(size, (0.98, 0.78, 0.84)), felt),
    Scene("fax-37.png", "37", (500, 320), 170, replace(HURRIED, width=0.07, gap=0.4),
          camera=lambda picture, rng: photograph(picture, rng, tilt=0, blur=1.1, grain=0.1),
          pixels=Pixels.BILEVEL),
    Scene("sixteen-bit-7.png", "7", (240, 260), 160, replace(PEN, width=0.07, shapes={"7": 2}),
          GRAPHITE, lambda size, rng: plain(size, CREAM), pixels=Pixels.DEEP_GRAY),
    # Drawn on screens.
    Scene("tiny-28-pixels-5.png", "5", (28, 28), 20, Style(width=0.11, slant=0.15), WHITE,
          lambda size, rng: plain(size, BLACK), pixels=Pixels.GRAY),
    Scene("tablet-dark-mode-84.png", "84", (560, 360), 200,
          Style(width=0.05, tremor=0.002, pressure=0.5, taper=0.7), (0.45, 0.86, 0.98),
          lambda size, rng: plain(size, (0.09, 0.10, 0.13))),
    Scene("transparent-6.png", "6", (320, 320), 200, replace(PEN, width=0.09), (0.08, 0.10, 0.12),
          pixels=Pixels.TRANSPARENT),
    Scene("transparent-light-ink-52.png", "52", (460, 300), 170, replace(PEN, width=0.08),
          (0.98, 0.98, 0.94), pixels=Pixels.TRANSPARENT),
    # Chalk, boards and coloured paper.
    Scene("chalk-9.png", "9", (320, 340), 210, CHALK, (0.93, 0.93, 0.90),
          blackboard, chalk, pixels=Pixels.GRAY),
    Scene("chalkboard-photo-256.jpg", "256", (900, 560), 250, CHALK, (0.94, 0.93, 0.86), blackboard,
          chalk, camera=lambda picture, rng: photograph(picture, rng, vignette=0.3, uneven=0.2)),
    Scene("whiteboard-photo-41.webp", "41", (800, 600), 260, replace(MARKER, width=0.09),
          (0.08, 0.30, 0.62), lambda size, rng: plain(size, (0.90, 0.91, 0.92)), felt,
          camera=lambda picture, rng: photograph(picture, rng, uneven=0.3, warmth=-0.01)),
    Scene("yellow-note-photo-8.jpg", "8", (640, 640), 300, replace(MARKER, width=0.08), INK_BLACK,
          lambda size, rng: paper(size, rng, (0.97, 0.88, 0.42), 0.008), felt,
          camera=lambda picture, rng: photograph(picture, rng, uneven=0.25, vignette=0.25)),
    # Photos of paper.
    Scene("shadow-photo-4.jpg", "4", (720, 720), 330, replace(PEN, width=0.045), INK_BLUE,
          lambda size, rng: paper(size, rng, PAPER), ballpoint,
          camera=lambda picture, rng: photograph(picture, rng, shadow=0.42, blur=1.0)),
    Scene("ruled-photo-2041.jpg", "2041", (1000, 640), 96, replace(PEN, width=0.055), INK_BLUE,
          lambda size, rng: rule(paper(size, rng, PAPER), rng, 122, LINE_BLUE, first=72, margin=99),
          ballpoint, at=(0.48, 0.425),
          camera=lambda picture, rng: photograph(picture, rng, shadow=0.2, tilt=0.04)),
    Scene("squared-paper-73.png", "73", (360, 260), 118, replace(PEN, width=0.055), INK_BLUE,
          lambda size, rng: rule(plain(size, PAPER), rng, 36, LINE_GRAY, first=14, squared=True),
          ballpoint),
    Scene("exif-turned-photo-29.jpg", "29", (560, 760), 260, replace(PEN, width=0.05), INK_BLACK,
          lambda size, rng: paper(size, rng, CREAM), ballpoint, turned=True,
          camera=lambda picture, rng: photograph(picture, rng, uneven=0.35, vignette=0.15)),
    # Numbers and pages.
    Scene("phone-number-03076195824.png", "030 76195824", (1100, 200), 84,
          replace(PEN, width=0.06, slant=0.18), INK_BLUE, tool=ballpoint),
    Scene("postcode-10969.png", "10969", (620, 240), 120, replace(HURRIED, slant=0.2), INK_BLACK,
          lambda size, rng: plain(size, (0.80, 0.68, 0.50)), ballpoint),
    Scene("rising-line-3580.png", "3580", (680, 380), 120, replace(PEN, rise=0.17, width=0.06),
          INK_BLACK),
    Scene("all-ten-0123456789.png", "0123456789", (1100, 200), 96, replace(PEN, width=0.07),
          INK_BLACK),
    Scene("page-two-rows.png", "14725\n8036", (760, 420), 110, replace(PEN, width=0.06), INK_BLACK,
          row_pitch=1.55),
    Scene("page-ruled-three-rows.png", "1203\n479\n56", (620, 520), 96,
          replace(PEN, width=0.06, unevenness=0.025), INK_BLUE,
          lambda size, rng: rule(plain(size, PAPER), rng, 130, LINE_BLUE, first=66),
          ballpoint, row_pitch=130 / 96),
)  # fmt: skip

DOODLES: Mapping[str, tuple[Shape, ...]] = {
    "K": (("8,2 6,50 8,99", "52,4 30,34 10,54 / 30,74 58,98"),),
    "W": (("2,4 10,50 20,97 / 30,60 40,22 / 52,60 62,96 / 72,50 82,3",),),
    "R": (("8,3 8,50 6,99", "6,6 34,1 52,14 44,36 9,50 / 30,70 58,97"),),
    "☺": (
        ("50,2 18,12 2,46 12,82 46,98 84,86 98,48 82,14 54,2 44,4", "34,30 35,36 34,43",
         "66,29 67,36 66,42", "24,62 36,76 50,80 66,75 76,60"),
    ),
    "★": (("22,98 36,50 50,3 / 64,50 80,96 / 40,64 4,36 / 50,36 97,38 / 60,66 24,97",),),
    "~": (
        ("2,52 14,8 10,90 30,12 26,95 46,6 40,88 58,18 56,96 74,4 68,80 92,22 84,94 98,40 20,30 "
         "90,66 8,74 96,14 30,98 60,2 12,40 98,84 40,50",),
    ),
    "→": (("2,56 40,50 96,48", "70,22 84,34 97,48 / 86,64 68,76"),),
}  # fmt: skip
"""Shapes that are not digits."""

NOT_DIGITS: tuple[Scene, ...] = (
    Scene("blank-white.png", "", (320, 240), 100, pixels=Pixels.GRAY),
    Scene("blank-paper-photo.jpg", "", (640, 480), 100,
          sheet=lambda size, rng: paper(size, rng, CREAM),
          camera=lambda picture, rng: photograph(picture, rng, uneven=0.3, vignette=0.2)),
    Scene("ruled-paper.png", "", (480, 360), 100,
          sheet=lambda size, rng: rule(plain(size, PAPER), rng, 44, LINE_BLUE, first=30, margin=60)
          ),
    Scene("squared-paper.png", "", (360, 360), 100,
          sheet=lambda size, rng: rule(plain(size), rng, 30, LINE_GRAY, first=9, squared=True)),
    Scene("fabric.png", "", (256, 256), 100, pixels=Pixels.GRAY,
          sheet=lambda size, rng: weave(size, rng)),
    *(
        Scene(f"{file}.png", name, (360, 340), 200, style, colour, tool=tool, alphabet=DOODLES)
        for file, name, style, colour, tool in (
            ("letter-k", "K", replace(PEN, width=0.08), INK_BLACK, felt),
            ("letter-w", "W", replace(PEN, width=0.06), INK_BLUE, ballpoint),
            ("letter-r", "R", replace(CHILD, width=0.07), INK_RED, crayon),
            ("smiley", "☺", replace(PEN, width=0.04), INK_BLUE, ballpoint),
            ("star", "★", replace(PEN, width=0.05), INK_BLACK, ballpoint),
            ("scribble", "~", replace(HURRIED, width=0.03, slant=0.0), INK_BLACK, ballpoint),
            ("arrow", "→", replace(MARKER, width=0.07), INK_RED, felt),
        )
    ),
)  # fmt: skip


def weave(size: tuple[int, int], rng: np.random.Generator) -> Picture:
    """Draw a close-up of woven cloth."""
    y, x = np.mgrid[0 : size[1], 0 : size[0]] / 4.5
    threads = np.sin(2 * np.pi * x) * np.sign(np.sin(np.pi * (x + y))) + np.sin(2 * np.pi * y)
    cloth = 0.55 + 0.07 * threads + 0.04 * noise(x.shape, rng, 2) + 0.03 * noise(x.shape, rng, 40)
    return np.asarray(np.repeat(np.clip(cloth, 0, 1)[..., None], 3, axis=2), np.float32)
