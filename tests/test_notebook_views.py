"""Predictions in a notebook: HTML and figures."""

import pickle
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from digitnet import Recognizer
from digitnet.output.html import MAX_BARS
from digitnet.reading.prediction import Prediction, make_prediction
from digitnet.vision import decode_image
from digitnet.vision.decoding.sources import Image

VOID = {"br", "image", "rect"}


class Page(HTMLParser):
    """Parses well-formed HTML into tags with their attributes, and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def html_of(prediction: Prediction) -> Page:
    return Page(prediction._repr_html_())


def test_html_shows_the_image_a_box_per_symbol_and_ten_bars_per_digit(
    recognizer: Recognizer, samples: Path
) -> None:
    page = html_of(recognizer.predict(samples / "paint-year-1998.png"))
    (image,) = page.named("image")
    assert str(image["href"]).startswith("data:image/jpeg;base64,")
    assert len(page.named("svg")) == 1 + 4
    assert len(page.named("rect")) == 4 + 4 * 10
    assert "1998" in page.text


def test_html_is_self_contained(recognizer: Recognizer, samples: Path) -> None:
    page = html_of(recognizer.predict(samples / "paint-3.png"))
    assert not {"script", "link", "img", "iframe", "style"} & {tag for tag, _ in page.tags}
    addresses = [str(a["href"]) for _, a in page.tags if "href" in a]
    assert all(address.startswith("data:") for address in addresses)
    assert not [name for _, attributes in page.tags for name in attributes if name[:2] == "on"]


def test_text_in_html_is_escaped(recognizer: Recognizer, samples: Path) -> None:
    prediction = recognizer.predict(samples / "paint-3.png")
    bad = "<script>\"'&"
    box = replace(prediction.boxes[0], symbol=bad)
    page = html_of(replace(prediction, text=bad, boxes=(box,)))
    assert "script" not in {tag for tag, _ in page.tags}
    assert page.text.count(bad) == 3


def test_html_of_an_image_without_digits_says_so(recognizer: Recognizer) -> None:
    page = html_of(recognizer.predict(np.full((40, 60), 255, np.uint8)))
    assert page.text == "no digit"
    assert len(page.named("image")) == 1


def test_html_of_many_digits_shows_bars_for_the_first_ones(
    recognizer: Recognizer, samples: Path
) -> None:
    box = recognizer.predict(samples / "paint-3.png").boxes[0]
    page = html_of(make_prediction([box] * (MAX_BARS + 5), 0.5))
    assert len(page.named("svg")) == 1 + MAX_BARS
    assert "and 5 more digits" in page.text


@pytest.mark.parametrize("kind", ["path", "bytes", "pixels"])
def test_a_prediction_keeps_its_image(recognizer: Recognizer, samples: Path, kind: str) -> None:
    path = samples / "paint-year-1998.png"
    gray = decode_image(path)
    images: dict[str, Image] = {"path": path, "bytes": path.read_bytes(), "pixels": gray}
    prediction = recognizer.predict(images[kind])
    assert np.array_equal(prediction.picture, gray)
    assert np.array_equal(pickle.loads(pickle.dumps(prediction)).picture, gray)


def test_predict_many_keeps_paths_but_not_pixels(recognizer: Recognizer, samples: Path) -> None:
    path = samples / "paint-3.png"
    gray = decode_image(path)
    of_path, of_pixels = recognizer.predict_many([path, gray])
    assert of_path == of_pixels
    assert np.array_equal(of_path.picture, gray)
    assert of_pixels.original is None


@pytest.mark.parametrize("suffix", ["tiff", "gif", "webp"])
def test_each_page_keeps_its_image(
    recognizer: Recognizer, samples: Path, tmp_path: Path, suffix: str
) -> None:
    three, zero = (PIL.Image.open(samples / f"paint-{digit}.png").convert("L") for digit in "30")
    path = tmp_path / f"pages.{suffix}"
    options: dict[str, Any] = {"lossless": True} if suffix == "webp" else {}
    three.save(path, save_all=True, append_images=[zero.resize(three.size)], **options)
    predictions = [pickle.loads(pickle.dumps(one)) for one in recognizer.predict_pages(path)]
    read_again = [recognizer.predict(prediction.picture).digits for prediction in predictions]
    assert [prediction.digits for prediction in predictions] == read_again == ["3", "0"]
    assert all(prediction.picture.shape == three.size[::-1] for prediction in predictions)


def test_a_prediction_without_its_image_shows_the_ink_of_its_boxes(
    recognizer: Recognizer, samples: Path, tmp_path: Path
) -> None:
    path = tmp_path / "gone.png"
    path.write_bytes((samples / "paint-year-1998.png").read_bytes())
    prediction = recognizer.predict(path)
    path.unlink()
    assert recognizer.predict(prediction.picture).digits == "1998"
    assert len(html_of(prediction).named("image")) == 1


def test_plot_draws_a_prediction_with_its_stages(recognizer: Recognizer, samples: Path) -> None:
    prediction = recognizer.predict(samples / "paint-year-1998.png")
    figure = prediction.plot(title="a year")
    assert figure.axes[0].get_title() == "a year"
    assert figure.get_suptitle().startswith("1998")
    stages = recognizer.find_lines(prediction.picture)
    assert len(prediction.plot(stages=stages).axes) > len(figure.axes)
