"""Drawing: milliseconds from the end of a stroke to the answer on the page, in a browser.

Debian's Chromium, headless, draws digits of a few strokes on the page of `digitnet draw` with the
mouse. The time runs from the event `pointerup` until the page shows the answer to the complete
drawing, on the browser's clock; target: a median of at most 50 ms. The pen moves as fast as
Playwright can, so an earlier drawing may still be on its way to the server when it ends. Needs
Playwright and Chromium (`pip install playwright`, `apt-get install chromium`).
"""

import argparse
import shutil
import statistics
import sys

from benchmarks.harness import options
from benchmarks.harness.draw_server import draw_server
from benchmarks.harness.result import Result

DIGITS = {
    "1": [[(0.5, 0.2), (0.5, 0.8)]],
    "4": [[(0.45, 0.2), (0.4, 0.55), (0.6, 0.55)], [(0.55, 0.3), (0.55, 0.85)]],
    "7": [[(0.4, 0.2), (0.6, 0.2), (0.5, 0.8)]],
}

WATCH = """
() => {
  const answer = document.getElementById("answer");
  const shown = () => answer.getAttribute("aria-busy") === "false";
  window.waited = [];
  document.getElementById("paper").addEventListener("pointerup", () => {
    const began = performance.now();
    const end = () => window.waited.push(performance.now() - began);
    if (shown()) return end();
    const observer = new MutationObserver(() => {
      if (shown()) { observer.disconnect(); end(); }
    });
    observer.observe(answer, { attributes: true });
  });
}
"""


TARGETS = {
    "pen-up": "at most 50",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--runs`."""
    options.add(parser, runs=20)


def run(options: argparse.Namespace, result: Result) -> None:
    """Draw each digit this many times."""
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        sys.exit("Playwright is not installed: pip install playwright")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("Chromium is not installed: apt-get install chromium")
    with draw_server() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 880})
        page.goto(server.url)
        page.wait_for_selector("#keep button")
        page.evaluate(WATCH)
        box = page.locator("#paper").bounding_box()
        assert box is not None
        for _ in range(options.runs):
            for strokes in DIGITS.values():
                for stroke in strokes:
                    places = [
                        (box["x"] + x * box["width"], box["y"] + y * box["height"])
                        for x, y in stroke
                    ]
                    page.mouse.move(*places[0])
                    page.mouse.down()
                    for place in places[1:]:
                        page.mouse.move(*place, steps=8)
                    page.mouse.up()
                    page.wait_for_selector('#answer[aria-busy="false"]')
                page.click("#clear")
        waited = sorted(page.evaluate("window.waited"))
        browser.close()
    table = result.table("strokes", {"median, ms": ".0f", "nine of ten within, ms": ".0f"})
    median = statistics.median(waited)
    table.row(f"{len(waited)}", median, waited[int(0.9 * len(waited))])
    result.figure("pen-up", median, "the answer appears {:.0f} ms after pen-up (at most 50)")
