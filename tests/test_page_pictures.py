"""The pictures of `digitnet draw` in the documents, made by driving the real page.

    DIGITNET_SCREENSHOTS=docs python -m pytest -m "slow or not slow" tests/test_page_pictures.py

makes them anew; without it they are made, looked at and thrown away.
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
pytest_plugins = ("page_person",)

SCREENS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 1500}},
    "dark": {"viewport": {"width": 1280, "height": 1500}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
}

ANIMATED = {"width": 1180, "height": 860}
ANIMATION_WIDTH = 720
COLOURS = 64
EVERY_MOVES = 5
"""So many moves of the mouse make a picture of the animation."""
DRAWN_MS, SEEN_MS, SCROLLED_MS = 140, 1600, 90
MAX_ANIMATION_BYTES = 400_000


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where pictures go."""
    return Path(os.environ.get("DIGITNET_SCREENSHOTS", tmp_path))


@pytest.mark.parametrize("screen", SCREENS)
def test_the_page_fits_its_screen_and_is_photographed(
    browser: Any, url: str, screen: str, place: Path
) -> None:
    person = Person(browser, url, **SCREENS[screen])
    person.draw(THREE, SEVEN)
    if screen == "dark":
        person.choose("rnn")
    person.wait("37")
    person.wait_for_all()
    person.page.mouse.move(0, 0)
    person.page.screenshot(path=place / f"draw-{screen}.png")
    wide = person.page.evaluate("document.documentElement.scrollWidth")
    person.context.close()
    assert wide == SCREENS[screen]["viewport"]["width"]


def frames(person: Person) -> Iterator[tuple[Image.Image, int]]:
    """A number is drawn, then all is seen that was made of it: pictures, and milliseconds each."""

    def look() -> Image.Image:
        person.page.wait_for_selector('#answer[aria-busy="false"]')
        picture = Image.open(io.BytesIO(person.page.screenshot(animations="disabled")))
        height = ANIMATION_WIDTH * picture.height // picture.width
        return picture.convert("RGB").resize((ANIMATION_WIDTH, height), Image.Resampling.LANCZOS)

    yield look(), SEEN_MS // 2
    for stroke in (THREE, SEVEN):
        for move, _ in enumerate(person.drawing(stroke)):
            if move % EVERY_MOVES == 0:
                yield look(), DRAWN_MS
        yield look(), SEEN_MS // 2
    person.wait("37")
    person.wait_for_all()
    yield look(), SEEN_MS
    end = person.page.evaluate("document.getElementById('layers').getBoundingClientRect().bottom")
    height = ANIMATED["height"]
    for target in (0.75 * height, end - height + 20):
        start = person.page.evaluate("scrollY")
        for part in (0.5, 1):
            person.page.evaluate("(y) => scrollTo(0, y)", start + part * (target - start))
            yield look(), SCROLLED_MS if part < 1 else SEEN_MS


def colours_of(pictures: Sequence[Image.Image]) -> Image.Image:
    """A palette for all of them."""
    width, height = pictures[0].size
    joined = Image.new("RGB", (width, height * len(pictures)))
    for number, picture in enumerate(pictures):
        joined.paste(picture, (0, height * number))
    return joined.quantize(COLOURS, Image.Quantize.MAXCOVERAGE)


@pytest.mark.slow
def test_an_animation_of_drawing_is_made_for_the_readme(
    browser: Any, url: str, place: Path
) -> None:
    person = Person(browser, url, viewport=ANIMATED)
    pictures, durations = zip(*frames(person), strict=True)
    person.context.close()
    palette = colours_of([pictures[0], *pictures[-3::2]])
    first, *rest = (one.quantize(palette=palette, dither=Image.Dither.NONE) for one in pictures)
    path = place / "draw.gif"
    first.save(
        path, save_all=True, append_images=rest, duration=[*durations], loop=0, optimize=True
    )
    with Image.open(path) as animation:
        assert sum(1 for _ in ImageSequence.Iterator(animation)) > 10
        assert animation.width == ANIMATION_WIDTH
    assert path.stat().st_size < MAX_ANIMATION_BYTES
