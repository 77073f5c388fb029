"""The drawing area of `digitnet draw`: the camera, undo, and pages of other sizes."""

from pathlib import Path

import pytest
from page_person import SEVEN, THREE, Person, needs_chromium, sync_api

pytestmark = needs_chromium
pytest_plugins = ("server_process", "page_person")

AT_THE_EDGE = [(x + 0.2, y) for x, y in SEVEN]

ASK_FOR_PERMISSION = """() => {
  const { mediaDevices } = navigator;
  const open = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async (wanted) => {
    await new Promise((resolve) => { window.permit = resolve; });
    window.stream = await open(wanted);
    return window.stream;
  };
}"""


def start_camera(person: Person) -> None:
    """Start the camera and wait until a frame is sent."""
    with person.page.expect_request("**/watch*"):
        person.page.click("#camera")
    sync_api.expect(person.page.locator("#camera")).to_have_text("Capture")


def test_camera_images_are_read_until_one_is_taken(person: Person) -> None:
    person.page.click("#camera")
    sync_api.expect(person.page.locator("#camera")).to_have_text("Capture")
    sync_api.expect(person.page.locator("#ink")).to_be_visible()
    person.page.click("#camera")
    sync_api.expect(person.page.locator("#camera")).to_have_text("Camera")


def test_each_capture_is_a_step_of_undo(person: Person) -> None:
    person.draw(THREE)
    person.wait("3")
    for _ in range(2):
        start_camera(person)
        person.page.click("#camera")
    person.page.click("#undo")
    person.page.click("#undo")
    person.wait("3")


def test_the_pen_of_the_keyboard_stops_the_camera(person: Person) -> None:
    start_camera(person)
    person.page.locator("#paper").focus()
    person.press(" ")
    sync_api.expect(person.page.locator("#camera")).to_have_text("Camera")


@pytest.mark.parametrize("key", [None, "Delete"])
def test_an_edit_during_the_permission_prompt_cancels_the_camera(
    person: Person, key: str | None
) -> None:
    person.evaluate(ASK_FOR_PERMISSION)
    person.page.click("#camera")
    if key:
        person.press(key)
    else:
        person.draw(THREE)
    person.evaluate("() => window.permit()")
    person.page.wait_for_function("() => window.stream?.getTracks()[0].readyState === 'ended'")
    person.settle()
    assert person.page.locator("#camera").inner_text() == "Camera"
    person.wait("Draw a number" if key else "3")


def test_a_selected_page_can_be_drawn_on(person: Person) -> None:
    person.press("a", "Control")
    person.draw(THREE)
    person.wait("3")


def test_a_narrower_page_keeps_the_whole_drawing(person: Person) -> None:
    person.draw(THREE, AT_THE_EDGE)
    person.wait("37")
    person.resize(600, 880)
    person.wait("37")
    person.page.click("#clear")
    person.resize(1280, 880)
    person.page.click("#undo")
    person.wait("37")


@pytest.mark.parametrize("model", ["cnn", "mlp", "rnn"])
def test_the_steps_are_shown_on_a_very_narrow_page(person: Person, model: str) -> None:
    person.choose(model)
    person.draw(THREE)
    person.wait_for_all()
    person.resize(60, 800)
    canvases = person.page.locator("#lines canvas, #layers canvas")
    assert all(canvas.get_attribute("width") not in ("0", None) for canvas in canvases.all())
    assert person.page.locator("#lines canvas").count() < 20


def test_a_picture_without_ink_has_no_steps_and_is_announced(person: Person, samples: Path) -> None:
    person.page.set_input_files("#file", samples / "not-digits" / "blank-white.png")
    person.wait("No digit")
    sync_api.expect(person.page.locator("#spoken")).to_have_text("No digit. No digit found.")
    for size in ((1000, 880), (600, 880)):
        person.resize(*size)
        person.wait("No digit")
        assert person.page.locator("#steps").is_hidden()


def test_a_chosen_symbol_keeps_the_focus(person: Person) -> None:
    person.draw(THREE, SEVEN)
    person.wait("37")
    person.page.locator("#symbols button").first.focus()
    focused = person.focused()
    assert focused[0] == "symbols"
    person.resize(1000, 880)
    assert person.focused() == focused
    person.page.emulate_media(color_scheme="dark")
    person.settle()
    assert person.focused() == focused
