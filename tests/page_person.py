"""Fixtures that use the page of `digitnet draw` in a real browser."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

PATIENCE_MS = 60_000
"""Timeout of an answer on a busy machine."""

POLL_MS = 20

sync_api.expect.set_options(timeout=PATIENCE_MS)

Point = tuple[float, float]
THREE = [(0.26, 0.3), (0.3, 0.2), (0.38, 0.17), (0.43, 0.22), (0.43, 0.33), (0.38, 0.42)]
THREE += [(0.33, 0.45), (0.4, 0.48), (0.45, 0.58), (0.43, 0.71), (0.35, 0.79), (0.26, 0.73)]
SEVEN = [(0.58, 0.22), (0.68, 0.2), (0.76, 0.21), (0.73, 0.34), (0.68, 0.55), (0.65, 0.78)]
W = [(0.3, 0.3), (0.35, 0.7), (0.4, 0.4), (0.45, 0.7), (0.5, 0.3)]

BETWEEN = 4
"""Mouse moves between two points of a stroke."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        flags = ["--no-sandbox", "--use-fake-device-for-media-stream"]
        flags.append("--use-fake-ui-for-media-stream")
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield chromium
        chromium.close()


def smooth(stroke: Sequence[Point]) -> list[Point]:
    """Interpolate the points of a stroke by a smooth curve (Catmull-Rom)."""
    points = np.array([stroke[0], *stroke, stroke[-1]])
    before, start, end, after = points[:-3], points[1:-2], points[2:-1], points[3:]
    curve = [start[0]]
    for part in range(len(start)):
        a, b, c, d = before[part], start[part], end[part], after[part]
        for t in np.linspace(0, 1, BETWEEN + 1)[1:]:
            quadratic, cubic = 2 * a - 5 * b + 4 * c - d, 3 * b - a - 3 * c + d
            curve.append(0.5 * (2 * b + (c - a) * t + quadratic * t**2 + cubic * t**3))
    return [(float(x), float(y)) for x, y in curve]


class Person:
    """A user of the page; records requests, console messages and errors of the page."""

    def __init__(self, browser: Any, url: str, **options: Any) -> None:
        size = {"viewport": {"width": 1280, "height": 880}}
        self.context = browser.new_context(**size | options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.asked: list[str] = []
        self.heard: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.heard.append(message.text))
        self.page.on("pageerror", lambda error: self.heard.append(str(error)))
        self.page.goto(url)
        self.page.wait_for_selector("#models label")

    def draw(self, *strokes: Sequence[Point]) -> None:
        """Draw strokes with the mouse."""
        for stroke in strokes:
            for _ in self.drawing(stroke):
                pass

    def drawing(self, stroke: Sequence[Point]) -> Iterator[None]:
        """Draw a stroke and yield after each move of the mouse."""
        box = self.page.locator("#paper").bounding_box()
        places = [
            (box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in smooth(stroke)
        ]
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*place)
            yield
        self.page.mouse.up()

    def choose(self, model: str) -> None:
        """Choose a classifier."""
        self.page.locator("#models label").get_by_text(model, exact=True).click()

    def press(self, *keys: str, times: int = 1) -> None:
        """Press keys together, the first one repeatedly."""
        for key in keys[1:]:
            self.page.keyboard.down(key)
        for _ in range(times):
            self.page.keyboard.down(keys[0])
        for key in keys:
            self.page.keyboard.up(key)

    def tab_to(self, place: str, text: str) -> None:
        """Press Tab until the button with a text, in a part of the page, has the focus."""
        for _ in range(50):
            if self.focused() == [place, text]:
                return
            self.press("Tab")
        pytest.fail(f"the keyboard does not lead to {text} of {place}")

    def focused(self) -> list[str]:
        """Return the ID of the parent and the text of the element that has the focus."""
        script = """() => {
          const { parentElement, textContent } = document.activeElement;
          return [parentElement?.id, textContent];
        }"""
        focused: list[str] = self.evaluate(script)
        return focused

    def evaluate(self, function: str, argument: Any = None) -> Any:
        """Call a JavaScript function in the page, with a timeout, which `page.evaluate` lacks."""
        called = f"async (argument) => [await ({function})(argument)]"
        return self.page.wait_for_function(called, arg=argument).json_value()[0]

    def settle(self) -> None:
        """Wait until the page has handled the events so far and has been painted."""
        self.evaluate("""async () => {
          await fetch("/healthz");
          for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
        }""")

    def resize(self, width: int, height: int) -> None:
        """Give the page another size."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.wait_for_function("(width) => innerWidth === width", arg=width)
        self.settle()

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition is true, while events of the page are handled."""
        for _ in range(PATIENCE_MS // POLL_MS):
            if condition():
                return
            self.page.wait_for_timeout(POLL_MS)
        pytest.fail("the condition did not become true")

    def wait(self, text: str, selector: str = "#answer") -> None:
        """Wait until the answer is up to date and an element has this text."""
        self.page.wait_for_selector('#answer[aria-busy="false"]')
        sync_api.expect(self.page.locator(selector)).to_have_text(text)

    def wait_for_layers(self, count: int) -> Any:
        """Wait until this many layers are shown."""
        layers = self.page.locator("#layers figure")
        sync_api.expect(layers).to_have_count(count)
        return layers

    def wait_for_all(self) -> None:
        """Wait until the occlusion map is shown, which comes last."""
        sync_api.expect(self.page.locator("#occlusion")).not_to_be_empty()


@pytest.fixture
def person(browser: Any, url: str) -> Iterator[Person]:
    """A user of the page; checks that there were no requests to other hosts and no messages."""
    person = Person(browser, url)
    yield person
    person.context.close()
    assert [asked for asked in person.asked if not asked.startswith((url, "data:"))] == []
    assert person.heard == []
