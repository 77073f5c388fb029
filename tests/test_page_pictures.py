"""Screenshots and animation of `digitnet draw` for the documentation, taken from the real page.

    DIGITNET_SCREENSHOTS=docs python -m pytest -m "slow or not slow" tests/test_page_pictures.py

updates them. Without the variable, they are taken, checked and discarded.
"""

import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from page_person import SEVEN, THREE, Person, needs_chromium
from PIL import Image, ImageSequence

pytestmark = needs_chromium
pytest_plugins = ("server_process", "page_person")

SCREENS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 1500}},
    "dark": {"viewport": {"width": 1280, "height": 1500}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
}

ANIMATED = {"width": 1180, "height": 860}
ANIMATION_WIDTH = 720
COLOURS = 64
MOVES_PER_FRAME = 5
"""Mouse moves between two frames of the animation."""
DRAWN_MS, SEEN_MS, SCROLLED_MS = 140, 1600, 90
MAX_ANIMATION_BYTES = 400_000


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """The folder that the images are written to."""
    return Path(os.environ.get("DIGITNET_SCREENSHOTS", tmp_path))


@pytest.mark.parametrize("screen", SCREENS)
def test_the_page_fits_the_width_of_the_screen(
    browser: Any, url: str, screen: str, output: Path
) -> None:
    person = Person(browser, url, **SCREENS[screen])
    person.draw(THREE, SEVEN)
    if screen == "dark":
        person.choose("rnn")
    person.wait("37")
    person.wait_for_all()
    person.page.mouse.move(0, 0)
    person.page.screenshot(path=output / f"draw-{screen}.png")
    wide = person.evaluate("() => document.documentElement.scrollWidth")
    person.context.close()
    assert wide == SCREENS[screen]["viewport"]["width"]


def frames(person: Person) -> Iterator[tuple[Image.Image, int]]:
    """Draw a number and scroll through the result; yield each frame and its duration in ms."""

    def capture() -> Image.Image:
        person.page.wait_for_selector('#answer[aria-busy="false"]')
        picture = Image.open(io.BytesIO(person.page.screenshot(animations="disabled")))
        height = ANIMATION_WIDTH * picture.height // picture.width
        return picture.convert("RGB").resize((ANIMATION_WIDTH, height), Image.Resampling.LANCZOS)

    yield capture(), SEEN_MS // 2
    for stroke in (THREE, SEVEN):
        for move, _ in enumerate(person.drawing(stroke)):
            if move % MOVES_PER_FRAME == 0:
                yield capture(), DRAWN_MS
        yield capture(), SEEN_MS // 2
    person.wait("37")
    person.wait_for_all()
    yield capture(), SEEN_MS
    end = person.evaluate("() => document.getElementById('layers').getBoundingClientRect().bottom")
    height = ANIMATED["height"]
    for target in (0.75 * height, end - height + 20):
        start = person.evaluate("() => scrollY")
        for part in (0.5, 1):
            person.evaluate("(y) => scrollTo(0, y)", start + part * (target - start))
            yield capture(), SCROLLED_MS if part < 1 else SEEN_MS


def make_palette(pictures: Sequence[Image.Image]) -> Image.Image:
    """Return one palette for all pictures."""
    width, height = pictures[0].size
    joined = Image.new("RGB", (width, height * len(pictures)))
    for number, picture in enumerate(pictures):
        joined.paste(picture, (0, height * number))
    return joined.quantize(COLOURS, Image.Quantize.MAXCOVERAGE)


@pytest.mark.slow
def test_the_animation_for_the_readme_is_recorded(browser: Any, url: str, output: Path) -> None:
    person = Person(browser, url, viewport=ANIMATED)
    pictures, durations = zip(*frames(person), strict=True)
    person.context.close()
    palette = make_palette([pictures[0], *pictures[-3::2]])
    first, *rest = (one.quantize(palette=palette, dither=Image.Dither.NONE) for one in pictures)
    path = output / "draw.gif"
    first.save(
        path, save_all=True, append_images=rest, duration=[*durations], loop=0, optimize=True
    )
    with Image.open(path) as animation:
        assert sum(1 for _ in ImageSequence.Iterator(animation)) > 10
        assert animation.width == ANIMATION_WIDTH
    assert path.stat().st_size < MAX_ANIMATION_BYTES
