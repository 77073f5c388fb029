"""The page of `digitnet draw` when replies are late, out of order or refused."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from page_person import SEVEN, THREE, Person, needs_chromium, sync_api

pytestmark = needs_chromium
pytest_plugins = ("server_process", "page_person")


def requests_of(path: str) -> re.Pattern[str]:
    """Match the addresses of a route, with any query."""
    return re.compile(rf"{path}(\?|$)")


def hold_first(
    person: Person, work: Callable[[], None], path: str = "/watch"
) -> Callable[[], None]:
    """Do some work, hold the first request that it sends and return how to get it answered."""
    page = person.page
    held: list[Any] = []
    page.route(requests_of(path), lambda route: route.continue_() if held else held.append(route))
    with page.expect_request(requests_of(path)):
        work()
    person.wait_until(lambda: bool(held))

    def release() -> None:
        with page.expect_response(lambda response: response.request == held[0].request):
            held[0].continue_()
        person.settle()

    return release


def test_a_drawing_made_before_a_file_is_refused_is_read(person: Person, samples: Path) -> None:
    release = hold_first(
        person, lambda: person.page.set_input_files("#file", samples / "labels.csv")
    )
    person.draw(THREE)
    release()
    person.wait("3")
    assert person.page.locator("#problem").inner_text() == ""
    person.heard.clear()  # as above


def test_an_old_refusal_does_not_clear_a_newer_answer(person: Person, samples: Path) -> None:
    release = hold_first(
        person, lambda: person.page.set_input_files("#file", samples / "labels.csv")
    )
    person.draw(THREE)
    person.wait("3")
    release()
    person.wait("3")
    assert person.page.locator("#problem").inner_text() == ""
    person.heard.clear()  # as above


def test_the_refusal_of_a_file_that_was_undone_does_not_clear_the_answer(
    person: Person, samples: Path
) -> None:
    person.draw(THREE)
    person.wait("3")
    held: list[Any] = []
    person.page.route("**/watch*", lambda route: held.append(route))
    person.page.set_input_files("#file", samples / "labels.csv")
    person.page.click("#undo")
    person.wait_until(lambda: len(held) == 2)
    refused, read_again = held
    with person.page.expect_response(lambda response: response.status == 422):
        refused.continue_()
    person.settle()
    assert person.page.locator("#answer").inner_text() == "3"
    assert person.page.locator("#problem").inner_text() == ""
    read_again.continue_()
    person.wait("3")
    person.heard.clear()  # as above


def test_a_picture_that_was_cleared_while_it_was_decoded_is_not_answered(
    person: Person, samples: Path
) -> None:
    person.evaluate("""() => {
      const { decode } = HTMLImageElement.prototype;
      HTMLImageElement.prototype.decode = async function () {
        await new Promise((resolve) => { window.goOn = resolve; });
        return decode.call(this);
      };
    }""")
    person.page.set_input_files("#file", samples / "paint-3.png")
    person.page.wait_for_function("() => window.goOn")
    person.page.click("#clear")
    person.evaluate("() => window.goOn()")
    person.settle()
    person.wait("Draw a number")
    assert person.page.locator("#nothing").is_visible()


def test_an_old_answer_does_not_appear_on_a_cleared_drawing(person: Person) -> None:
    release = hold_first(person, lambda: person.page.click("#paper"))
    person.page.click("#clear")
    release()
    person.wait("Draw a number")
    assert person.page.locator("#nothing").is_visible()


def test_a_late_reply_on_a_digit_does_not_replace_that_of_a_digit_chosen_later(
    person: Person,
) -> None:
    person.draw(THREE, SEVEN)
    person.wait("37")
    person.wait_for_all()
    three, seven = person.page.locator("#symbols button").all()
    release = hold_first(person, three.click, "/layers")
    with person.page.expect_response("**/layers*"):
        seven.click()
    person.settle()
    release()
    sync_api.expect(person.page.locator("#occlusion")).to_contain_text("7: ")


def test_a_drawing_waits_for_the_list_of_models(person: Person) -> None:
    release = hold_first(person, person.page.reload, "/models")
    person.asked.clear()
    person.draw(THREE)
    person.settle()
    assert not [url for url in person.asked if "/watch" in url]
    release()
    person.wait("3")
    sync_api.expect(person.page.locator("#seen-note")).to_contain_text("The input of cnn:")


@pytest.mark.parametrize("path", ["/watch", "/layers", "/models", "/drawings"])
def test_a_reply_that_is_not_json_is_reported_on_one_line(person: Person, path: str) -> None:
    person.page.route(
        requests_of(path), lambda route: route.fulfill(status=502, body="<html>Bad Gateway</html>")
    )
    person.page.reload()
    if path != "/drawings":
        person.draw(THREE)
    problem = person.page.locator("#problem")
    sync_api.expect(problem).to_contain_text("Invalid reply with status 502: ")
    person.settle()
    assert all(message.startswith("Failed to load resource") for message in person.heard)
    person.heard.clear()


def test_the_list_of_models_is_requested_again_for_the_next_drawing(person: Person) -> None:
    person.page.route("**/models", lambda route: route.fulfill(status=502))
    person.page.reload()
    sync_api.expect(person.page.locator("#problem")).not_to_be_empty()
    person.page.unroute("**/models")
    person.draw(THREE)
    person.wait("3")
    assert person.page.locator("#problem").inner_text() == ""
    person.heard.clear()  # Chromium logs the 502


def test_a_dropped_folder_is_reported_on_one_line(person: Person, tmp_path: Path) -> None:
    client = person.context.new_cdp_session(person.page)
    data = {"items": [], "files": [str(tmp_path)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        client.send("Input.dispatchDragEvent", {"type": kind, "x": 300, "y": 300, "data": data})
    sync_api.expect(person.page.locator("#problem")).to_contain_text(
        "choose a picture, not a folder"
    )
