"""The Python interface: images in, predictions out."""

import copy
import json
import math
import pickle
import shutil
import signal
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow

import digitnet
import digitnet.reading.recognizer
from digitnet import BundleError, ImageError, Limits, Recognizer
from digitnet.model import bundle
from digitnet.output.formats import Format, format_answer
from digitnet.vision import decode_image, find_digits

BLANK = np.full((40, 40), 255, np.uint8)


def as_rgb(path: Path) -> NDArray[np.uint8]:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    assert image is not None
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB).view(np.uint8)


def draw_touching(text: str) -> NDArray[np.uint8]:
    """Draw digits, black on white, each moved left until it touches the previous one."""
    line = np.zeros((140, 0), np.uint8)
    for character in text:
        digit = np.zeros((140, 120), np.uint8)
        cv2.putText(digit, character, (20, 110), cv2.FONT_HERSHEY_SIMPLEX, 3, 255, 8, cv2.LINE_AA)
        digit = digit[:, digit.max(axis=0) >= 128]
        gaps = (line[:, ::-1] >= 128).argmax(axis=1) if line.size else np.zeros(140, np.intp)
        gaps += (digit >= 128).argmax(axis=1)
        both = digit.max(axis=1) >= 128
        if line.size:
            both &= line.max(axis=1) >= 128
        left = max(0, line.shape[1] - 3 - int(gaps[both].min()))
        line = np.pad(line, ((0, 0), (0, max(0, left + digit.shape[1] - line.shape[1]))))
        part = line[:, left : left + digit.shape[1]]
        np.maximum(part, digit, out=part)
    return np.pad(255 - line, 30, constant_values=255)


def test_every_public_name_can_be_imported() -> None:
    assert all(hasattr(digitnet, name) for name in digitnet.__all__)
    assert dir(digitnet) == digitnet.__all__
    with pytest.raises(AttributeError, match="no attribute 'Rekognizer'"):
        digitnet.Rekognizer  # noqa: B018


def test_paths_bytes_and_pixels_give_the_same_prediction(
    recognizer: Recognizer, samples: Path
) -> None:
    path = samples / "paint-5-red.png"
    rgb = as_rgb(path)
    rgba = np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])
    answers = [recognizer.predict(i) for i in (path, str(path), path.read_bytes(), rgb, rgba)]
    assert answers[0].digits == "5"
    assert all(answer == answers[0] for answer in answers)


def test_a_file_of_several_pages_gives_a_warning(recognizer: Recognizer, tmp_path: Path) -> None:
    path = tmp_path / "pages.tiff"
    cv2.imwritemulti(str(path), [BLANK, BLANK])
    with pytest.warns(
        UserWarning, match=r"pages.tiff: this TIFF has several pages; only the first"
    ):
        recognizer.predict(path)


def test_gray_pixels_are_read_in_either_polarity(recognizer: Recognizer, samples: Path) -> None:
    gray = as_rgb(samples / "paint-3.png")[:, :, 0]
    assert recognizer.predict(gray).digits == recognizer.predict(255 - gray).digits == "3"


def test_a_box_has_a_position_and_probabilities(recognizer: Recognizer, samples: Path) -> None:
    (box,) = recognizer.predict(samples / "paint-3.png").boxes
    assert (box.digit, box.symbol, box.raw, box.is_mark) == (3, "3", "3", False)
    assert 0.5 < box.confidence <= 1
    assert box.probabilities[3] == max(box.probabilities) > 0.5
    assert sum(box.probabilities) == pytest.approx(1, abs=1e-5)
    height, width, _ = as_rgb(samples / "paint-3.png").shape
    assert 0 <= box.x < box.x + box.width <= width
    assert 0 <= box.y < box.y + box.height <= height


def test_a_box_keeps_what_the_classifier_saw(simple_recognizer: Recognizer, samples: Path) -> None:
    boxes = simple_recognizer.predict(samples / "paint-year-1998.png").boxes
    again = simple_recognizer.classify(np.stack([box.seen for box in boxes]))
    assert np.allclose(again, [box.probabilities for box in boxes], atol=1e-5)
    assert [box.confidence for box in boxes] == [max(box.probabilities) for box in boxes]


def test_a_box_of_a_line_has_the_ink_of_its_symbol(recognizer: Recognizer, samples: Path) -> None:
    boxes = recognizer.predict(samples / "paint-year-1998.png").boxes
    seen = recognizer.classify(np.stack([box.seen for box in boxes]))
    assert seen.argmax(axis=1).tolist() == [1, 9, 9, 8]


def test_the_rows_of_a_page_are_joined_by_a_space(recognizer: Recognizer, samples: Path) -> None:
    prediction = recognizer.predict(samples / "paint-two-rows.png")
    assert prediction.digits == "307 64"
    assert prediction.text == prediction.raw == "307 64"
    assert [box.row for box in prediction.boxes] == [0, 0, 0, 1, 1]
    assert prediction.confidence is not None
    assert 0.5 < prediction.confidence <= 1


def test_without_a_reader_the_confidence_is_the_product_of_the_digits(
    simple_recognizer: Recognizer, samples: Path
) -> None:
    prediction = simple_recognizer.predict(samples / "paint-two-rows.png")
    assert prediction.digits == "307 64"
    product = np.prod([box.confidence for box in prediction.boxes])
    assert prediction.confidence == pytest.approx(float(product))


def test_an_image_without_digits_gives_an_empty_prediction(recognizer: Recognizer) -> None:
    prediction = recognizer.predict(BLANK)
    assert (prediction.digits, prediction.confidence, prediction.boxes) == ("", None, ())
    assert not prediction.sure


@pytest.mark.parametrize("with_reader", [True, False])
def test_a_digit_below_the_threshold_is_a_question_mark(
    models: Path, reader: Path, samples: Path, with_reader: bool
) -> None:
    recognizer = Recognizer.load(models / "cnn", reader if with_reader else None, threshold=1)
    prediction = recognizer.predict(samples / "red-pen-1.png")
    (box,) = prediction.boxes
    assert (prediction.digits, prediction.text, prediction.raw) == ("?", "?", "1")
    assert (box.digit, box.symbol, box.raw) == (None, "?", "1")
    assert not prediction.sure


def test_a_threshold_outside_0_to_1_is_refused(models: Path) -> None:
    with pytest.raises(ValueError, match=r"^threshold is 1\.5: it must be from 0 to 1$"):
        Recognizer.load(models / "cnn", None, threshold=1.5)


def test_a_model_of_the_wrong_kind_is_refused(models: Path, reader: Path) -> None:
    with pytest.raises(BundleError, match=r"reader is a reader: give a classifier, like cnn$"):
        Recognizer.load(reader)
    with pytest.raises(BundleError, match=r"mlp is a classifier: give a reader, like reader$"):
        Recognizer.load(models / "cnn", models / "mlp")
    with pytest.raises(BundleError, match=r"^the network of reader is not a digitnet classifier"):
        Recognizer(bundle.load(reader))
    with pytest.raises(BundleError, match=r"^the network of mlp is not a digitnet reader"):
        Recognizer(bundle.load(models / "cnn"), bundle.load(models / "mlp"))


def draw_line(text: str) -> NDArray[np.uint8]:
    """Return a line of print, black on white, with a margin of half its height."""
    page = np.full((80, 40 * len(text) + 40), 255, np.uint8)
    cv2.putText(page, text, (20, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.8, 0, 4, cv2.LINE_AA)
    return page


def test_marks_are_in_the_text_but_not_in_the_digits(recognizer: Recognizer) -> None:
    prediction = recognizer.predict(draw_line("-264.27"))
    assert (prediction.digits, prediction.text) == ("26427", "-264.27")
    marks = [box for box in prediction.boxes if box.is_mark]
    assert [(box.digit, box.symbol, box.probabilities) for box in marks] == [
        (None, "-", ()),
        (None, ".", ()),
    ]
    assert [box.x for box in prediction.boxes] == sorted(box.x for box in prediction.boxes)


def test_find_lines_gives_the_lines_that_were_read(recognizer: Recognizer, samples: Path) -> None:
    path = samples / "paint-two-rows.png"
    gray = decode_image(path)
    layout, lines = recognizer.find_lines(gray)
    assert len(layout.rows) == 2
    assert [line.digits for line in lines] == [[3, 0, 7], [6, 4]]
    confidence = recognizer.predict(path).confidence
    assert confidence == pytest.approx(math.prod(line.probability for line in lines), abs=0.05)


def test_find_lines_gives_the_whole_image_if_no_line_has_a_digit(
    recognizer: Recognizer,
) -> None:
    _, (line,) = recognizer.find_lines(BLANK)
    height, width = BLANK.shape
    assert line.line.box(0, line.line.image.shape[1]) == pytest.approx((0, 0, width, height))
    assert line.digits == []


def test_find_lines_gives_no_lines_if_only_the_classifier_is_used(
    recognizer: Recognizer, simple_recognizer: Recognizer, samples: Path
) -> None:
    gray = decode_image(samples / "paint-3.png")
    assert simple_recognizer.find_lines(gray)[1] == []
    assert recognizer.find_lines(gray, single=True)[1] == []
    (region,) = find_digits(gray)
    assert recognizer.find_lines(region.digit)[1] == []


def test_only_the_classifier_reads_an_image_in_mnist_format(
    recognizer: Recognizer, simple_recognizer: Recognizer, samples: Path
) -> None:
    (region,) = find_digits(decode_image(samples / "paint-3.png"))
    assert recognizer.predict(region.digit) == simple_recognizer.predict(region.digit)


def test_a_texture_gives_no_digits_and_a_note(models: Path, reader: Path, tmp_path: Path) -> None:
    notes: list[str] = []
    recognizer = Recognizer.load(models / "cnn", reader, notify=notes.append)
    path = tmp_path / "texture.png"
    bar = np.pad(np.zeros((12, 4), np.uint8), 4, constant_values=255)
    cv2.imwrite(str(path), np.tile(bar, (50, 90)))
    prediction = recognizer.predict(path)
    assert not set(prediction.digits) - {"?", " "}
    assert not prediction.confidence
    (note,) = notes
    assert note.startswith(f"{path}: ")
    assert note.endswith("so no digit is recognized; split the image")


def test_single_takes_the_whole_image_as_one_digit(recognizer: Recognizer, samples: Path) -> None:
    assert len(recognizer.predict(samples / "paint-year-1998.png", single=True).boxes) == 1


@pytest.mark.parametrize("number", ["30", "58", "92", "365", "2083"])
def test_touching_digits_are_read_one_by_one(recognizer: Recognizer, number: str) -> None:
    image = draw_touching(number)
    assert len(find_digits(image)) == 1
    assert recognizer.predict(image).digits == number


def test_touching_digits_have_boxes_from_left_to_right(recognizer: Recognizer) -> None:
    image = draw_touching("365")
    (whole,) = find_digits(image)
    boxes = recognizer.predict(image).boxes
    assert [box.x for box in boxes] == sorted(box.x for box in boxes)
    assert {box.row for box in boxes} == {whole.row}
    assert min(box.x for box in boxes) == whole.x
    assert max(box.x + box.width for box in boxes) == whole.x + whole.width
    assert all(box.width < whole.width / 2 for box in boxes)
    assert all(abs(box.y - whole.y) <= 1 for box in boxes)
    assert all(abs(box.height - whole.height) <= 1 for box in boxes)


def test_touching_digits_keep_their_position_among_others(recognizer: Recognizer) -> None:
    line = np.hstack([draw_touching("2"), draw_touching("58"), draw_touching("3")])
    page = np.vstack([line, line])
    prediction = recognizer.predict(page)
    assert prediction.digits == "2583 2583"
    assert [box.row for box in prediction.boxes] == [0] * 4 + [1] * 4


def test_single_never_splits_touching_digits(recognizer: Recognizer) -> None:
    (box,) = recognizer.predict(draw_touching("58"), single=True).boxes
    assert box.width == find_digits(draw_touching("58"))[0].width
    (many,) = recognizer.predict_many([draw_touching("58")], single=True)
    assert many.boxes == (box,)


def test_predict_many_reads_touching_digits(recognizer: Recognizer) -> None:
    images = [draw_touching(number) for number in ("58", "3", "30")]
    assert [p.digits for p in recognizer.predict_many(images)] == ["58", "3", "30"]


@pytest.mark.usefixtures("usual_ctrl_c")
@pytest.mark.parametrize(
    "work",
    [
        "reading.find_writing.find_lines",
        "reading.read_images.locate_symbols",
        "model.litert.Network.answer",
    ],
)
def test_ctrl_c_waits_until_the_current_step_is_done(
    recognizer: Recognizer, samples: Path, monkeypatch: pytest.MonkeyPatch, work: str
) -> None:
    whole = attrgetter(work)(digitnet)
    done = []

    def interrupted(*arguments: object, **named: object) -> object:
        signal.raise_signal(signal.SIGINT)
        result = whole(*arguments, **named)
        done.append(work)
        return result

    monkeypatch.setattr(f"digitnet.{work}", interrupted)
    page = samples / "page-two-rows.png"
    for image in (page, as_rgb(page)):
        with pytest.raises(KeyboardInterrupt):
            recognizer.predict(image)
    with pytest.raises(KeyboardInterrupt):
        next(recognizer.predict_many([page], jobs=1))
    assert done == [work] * 3


def test_an_image_error_begins_with_the_path(recognizer: Recognizer) -> None:
    with pytest.raises(ImageError, match=r"^missing\.png: cannot be opened: no such file"):
        recognizer.predict("missing.png")


def test_an_image_error_is_one_line_whatever_the_path(recognizer: Recognizer) -> None:
    with pytest.raises(ImageError, match=r"^two\\nlines: "):
        recognizer.predict("two\nlines")


def test_an_error_about_bytes_names_no_path(recognizer: Recognizer) -> None:
    with pytest.raises(ImageError, match=r"^the file is empty"):
        recognizer.predict(b"")


def test_the_limits_apply(models: Path, samples: Path) -> None:
    small = Recognizer.load(models / "cnn", None, limits=Limits(pixels=100))
    with pytest.raises(ImageError, match="too large"):
        small.predict(samples / "paint-3.png")


def test_an_array_without_pixels_is_refused(recognizer: Recognizer) -> None:
    with pytest.raises(ImageError, match="has no pixels"):
        recognizer.predict(np.zeros((0, 5), np.uint8))


def test_an_image_of_another_type_is_a_type_error(recognizer: Recognizer) -> None:
    with pytest.raises(TypeError, match="received int"):
        recognizer.predict(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="received int"):
        list(recognizer.predict_many([3]))  # type: ignore[list-item]


def test_open_files_and_pillow_images_give_the_same_prediction_as_a_path(
    recognizer: Recognizer, samples: Path
) -> None:
    path = samples / "paint-5-red.png"
    expected = recognizer.predict(path)
    with path.open("rb") as file, Pillow.open(path) as image:
        assert recognizer.predict(file) == recognizer.predict(image) == expected


def test_to_dict_has_the_fields_of_a_json_line(recognizer: Recognizer, samples: Path) -> None:
    for image in (samples / "paint-two-rows.png", draw_touching("58"), BLANK):
        answer = recognizer.predict(image)
        line = json.loads(format_answer(Format.JSONL, "a.png", answer))
        assert {"path": "a.png", **json.loads(json.dumps(answer.to_dict())), "error": None} == line


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))]
)
def test_a_copy_of_a_recognizer_gives_the_same_predictions(
    models: Path, reader: Path, samples: Path, duplicate: Callable[[Recognizer], Recognizer]
) -> None:
    limits = Limits(pixels=10**6)
    original = Recognizer.load(models / "cnn", reader, threshold=0.99, limits=limits)
    other = duplicate(original)
    page = samples / "page-two-rows.png"
    assert other.predict(page) == original.predict(page)
    assert (other.threshold, other.limits) == (0.99, Limits(pixels=10**6))
    assert other.notify is original.notify
    assert other._classifier is not original._classifier


def test_a_pickled_recognizer_needs_no_model_folder(
    models: Path, reader: Path, samples: Path, tmp_path: Path
) -> None:
    folders = [tmp_path / "mine", tmp_path / "lines"]
    for original, folder in zip((models / "mlp", reader), folders, strict=True):
        shutil.copytree(original, folder)
    pickled = pickle.dumps(Recognizer.load(*folders))
    for folder in folders:
        shutil.rmtree(folder)
    assert pickle.loads(pickled).predict(samples / "paint-3.png").digits == "3"


def test_an_unpicklable_notify_is_replaced_by_warnings(models: Path) -> None:
    notes: list[str] = []
    original = Recognizer.load(models / "mlp", None, notify=lambda note: notes.append(note))
    pages = cv2.imencodemulti(".tiff", [BLANK, BLANK])[1].tobytes()
    copy.copy(original).predict(pages)
    assert notes == ["this TIFF has several pages; only the first is read"]
    with pytest.warns(UserWarning, match="only the first is read"):
        pickle.loads(pickle.dumps(original)).predict(pages)
