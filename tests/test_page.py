"""The page of `digitnet draw` in a real browser; skipped without Chromium."""

import base64
from pathlib import Path
from typing import Any

import pytest
from conftest import Run
from page_person import SEVEN, THREE, Person, W, needs_chromium, sync_api

from digitnet.data import datasets

pytestmark = needs_chromium
pytest_plugins = ("server_process", "page_person")

PICTURE_EVENT = """
([type, data]) => {
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], "picture.png", { type: "image/png" }));
  const event = type === "drop"
    ? new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true })
    : new ClipboardEvent(type, { clipboardData: transfer, bubbles: true, cancelable: true });
  document.getElementById("pad").dispatchEvent(event);
}
"""


def is_painted(canvas: Any) -> bool:
    """Return whether a canvas has more than one colour."""
    script = """(canvas) => {
      const { width, height } = canvas;
      const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
      return new Set(new Uint32Array(data.buffer)).size > 1;
    }"""
    return bool(canvas.evaluate(script))


def test_a_three_drawn_with_the_mouse_is_recognized_and_shown_step_by_step(person: Person) -> None:
    person.draw(THREE)
    person.wait("3")
    best = person.page.locator("#bars .best")
    assert best.locator("span").last.inner_text() == "3"
    layers = person.wait_for_layers(7)
    assert "24 maps of 14 × 14" in layers.first.inner_text()
    canvases = person.page.locator("#layers canvas, #seen, #lines canvas")
    assert all(is_painted(canvas) for canvas in canvases.all())
    assert person.page.locator("#ink").evaluate("(image) => image.naturalWidth") > 100
    assert person.page.locator("#boxes rect.sure").count() == 1


def test_a_number_has_a_box_and_a_button_for_each_digit(person: Person) -> None:
    person.draw(THREE, SEVEN)
    person.wait("37")
    buttons = person.page.locator("#symbols button")
    assert [button.inner_text()[0] for button in buttons.all()] == ["3", "7"]
    buttons.first.click()
    sync_api.expect(person.page.locator("#bars .best")).to_contain_text("3")
    sync_api.expect(person.page.locator("#occlusion")).to_contain_text("3: ")


def test_a_non_digit_gets_no_answer_but_is_shown(person: Person) -> None:
    person.draw(W)
    person.wait_for_layers(7)
    person.wait("No digit")
    assert person.page.locator("#seen-note").inner_text().startswith("No digit was found.")


@pytest.mark.parametrize(
    ("model", "count", "text"),
    [("mlp", 2, "512 neurons"), ("rnn", 4, "the states of 96 neurons after each of 28 rows")],
)
def test_another_network_shows_its_own_layers(
    person: Person, model: str, count: int, text: str
) -> None:
    person.draw(THREE)
    person.choose(model)
    layers = person.wait_for_layers(count)
    assert text in layers.first.inner_text()
    person.wait("3")


def test_occlusion_is_shown_with_mouse_and_keyboard(person: Person) -> None:
    person.draw(THREE)
    caption = person.page.locator("#occlusion")
    sync_api.expect(caption).to_contain_text("with the most important patch")
    person.page.locator("#seen").hover()
    sync_api.expect(caption).to_contain_text("→")
    person.page.mouse.move(0, 0)
    sync_api.expect(caption).to_contain_text("with the most important patch")
    person.page.locator("#seen").focus()
    person.press("ArrowUp")
    sync_api.expect(caption).to_contain_text("→")


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_a_dropped_or_pasted_image_is_read(person: Person, samples: Path, way: str) -> None:
    picture = base64.b64encode((samples / "paint-year-1998.png").read_bytes()).decode()
    person.evaluate(PICTURE_EVENT, [way, picture])
    person.wait("1998")
    assert person.page.locator("#boxes rect").count() == 4


def test_an_opened_file_is_read_or_reported_if_it_is_not_an_image(
    person: Person, samples: Path
) -> None:
    person.page.set_input_files("#file", samples / "page-two-rows.png")
    person.wait("14725 8036")
    person.page.set_input_files("#file", samples / "labels.csv")
    sync_api.expect(person.page.locator("#problem")).to_contain_text("not an image: it begins")
    person.heard.clear()  # Chromium logs each 422 as a failed request


def test_undo_restores_the_drawing_even_after_clearing(person: Person) -> None:
    person.draw(THREE, SEVEN)
    person.wait("37")
    person.page.click("#clear")
    person.wait("Draw a number")
    assert person.page.locator("#steps").is_hidden()
    person.page.click("#undo")
    person.wait("37")
    person.page.keyboard.press("Control+z")
    person.wait("3")
    assert person.page.locator("#undo").is_enabled()


def test_a_seven_is_drawn_and_kept_with_the_keyboard_alone(person: Person, folder: Path) -> None:
    person.press("Tab", times=2)
    sync_api.expect(person.page.locator("#paper")).to_be_focused()
    person.press(" ")
    person.press("ArrowRight", times=18)
    person.press("ArrowDown", "ArrowLeft", times=10)
    person.press("ArrowDown", times=22)
    person.press(" ")
    person.wait("7")
    sync_api.expect(person.page.locator("#spoken")).to_contain_text("7. ")
    person.tab_to("keep", "7")
    person.press("Enter")
    sync_api.expect(person.page.locator("#kept")).to_contain_text("1 of 7 so far")
    assert len(list((folder / "my_digits" / "7").iterdir())) == 1


def test_kept_drawings_form_a_data_set(person: Person, folder: Path) -> None:
    person.draw(THREE)
    person.wait("3")
    person.page.locator("#keep button", has_text="3").click()
    sync_api.expect(person.page.locator("#kept")).to_contain_text("of 3 so far")
    kept = datasets.load(str(folder / "my_digits"))
    assert 3 in kept.labels.tolist()


@pytest.mark.slow
def test_a_network_is_trained_on_kept_drawings(person: Person, folder: Path, run: Run) -> None:
    for number in range(10):
        person.page.click("#clear", force=True)
        shift = 0.01 * number
        person.draw([(x + shift, y) for x, y in (THREE if number % 2 else SEVEN)])
        person.wait("3" if number % 2 else "7")
        person.page.locator("#keep button", has_text="3" if number % 2 else "7").click()
        sync_api.expect(person.page.locator("#kept")).to_contain_text("so far")
    quick = ("--network", "mlp", "--hidden", "8", "--no-augment", "--epochs", "1")
    first = run("train", *quick, "--dataset", "digits", "--limit", "300", "--output", "first")
    assert first.returncode == 0, first.stderr.decode()
    mine = folder / "my_digits"
    result = run(
        "train", "--from", "./first", "--dataset", mine, "--epochs", "1", "--output", "mine"
    )
    assert result.returncode == 0, result.stderr.decode()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("model", ["cnn", "rnn"])
def test_contrast_and_labels_pass_axe(browser: Any, url: str, scheme: str, model: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.base", reason="no axe-core")
    person = Person(browser, url, color_scheme=scheme)
    person.draw(THREE, SEVEN)
    person.choose(model)
    person.wait("37")
    person.page.wait_for_selector("#layers figure")
    person.page.wait_for_function(axe.AXE_SCRIPT)
    found = axe.AxeResults(person.evaluate("() => axe.run({ resultTypes: ['violations'] })"))
    person.context.close()
    assert found.response["violations"] == [], found.generate_report()
