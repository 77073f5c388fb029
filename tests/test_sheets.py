"""`digitnet sheet`, and photos of its sheets as data sets."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import Call
from numpy.typing import NDArray
from PIL import Image

from benchmarks import sheets
from benchmarks.images.collected import fill_sheet, photograph, print_sheet
from digitnet.data import datasets
from digitnet.data.sheet_layout import BOX_SIDE, FRAME, PAPER_SIZES, Paper, boxes
from digitnet.errors import DatasetError

PX_PER_MM = 5
DIGITS = [digit for *_, digit in boxes()]

Picture = NDArray[np.uint8]


@pytest.fixture(scope="module")
def hand() -> datasets.Dataset:
    return datasets.load("digits")


@cache
def blank(paper: Paper = Paper.A4) -> Picture:
    return print_sheet(paper, PX_PER_MM)


@cache
def filled(paper: Paper = Paper.A4) -> Picture:
    """Return a sheet with a digit in each box."""
    hand = datasets.load("digits")
    chosen = [hand.images[np.flatnonzero(hand.labels == digit)[7]] for digit in DIGITS]
    return fill_sheet(blank(paper), PX_PER_MM, chosen, np.random.default_rng(0))[0]


def in_box(sheet: Picture, number: int) -> tuple[slice, slice]:
    """Return the rows and columns inside the walls of a box."""
    x, y, _ = boxes()[number]
    middle = np.array(sheet.shape[::-1]) / 2 - np.array(FRAME) * PX_PER_MM / 2
    left, top = np.rint(middle + np.array([x, y]) * PX_PER_MM).astype(int).tolist()
    side = round(BOX_SIDE * PX_PER_MM)
    return slice(top + 3, top + side - 3), slice(left + 3, left + side - 3)


def write(path: Path, image: Picture) -> Path:
    path.write_bytes(cv2.imencode(path.suffix, image)[1].tobytes())
    return path


def load(path: Path) -> tuple[list[int], str]:
    """Return the labels of a data set and the notes about it."""
    notes: list[str] = []
    return datasets.load(str(path), notes.append).labels.tolist(), "; ".join(notes)


def refusal(path: Path) -> str:
    with pytest.raises(DatasetError) as caught:
        datasets.load(str(path))
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


# The command


def test_a_sheet_is_a_pdf_by_default(call: Call, tmp_path: Path) -> None:
    code, output, errors = call("sheet")
    assert (code, output) == (0, "")
    assert errors == (
        "digitnet: sheet.pdf: print it, fill it in, and train on a photo of it with digitnet "
        "train --dataset PHOTO\n"
    )
    assert (tmp_path / "sheet.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("paper", Paper)
def test_a_pdf_has_the_size_of_its_paper(call: Call, tmp_path: Path, paper: Paper) -> None:
    pdf = pytest.importorskip("pypdfium2")
    assert call("sheet", "mine.pdf", "--paper", paper.value, "--quiet") == (0, "", "")
    page = pdf.PdfDocument(tmp_path / "mine.pdf")[0]
    assert page.get_size() == pytest.approx(np.array(PAPER_SIZES[paper]) * 72 / 25.4, abs=0.5)


def test_a_png_has_the_resolution_for_its_paper_size(call: Call, tmp_path: Path) -> None:
    assert call("sheet", "mine.png", "--quiet") == (0, "", "")
    with Image.open(tmp_path / "mine.png") as image:
        assert image.size == (2480, 3507)
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)


def test_an_existing_file_is_not_replaced(call: Call, tmp_path: Path) -> None:
    (tmp_path / "mine.png").write_bytes(b"filled in")
    code, _, errors = call("sheet", "mine.png")
    assert code == 1
    assert errors == (
        "digitnet: mine.png already exists and may be filled in: move it away, or give another "
        "name\n"
    )
    assert (tmp_path / "mine.png").read_bytes() == b"filled in"


@pytest.mark.parametrize("name", ["mine.svg", "mine", ""])
def test_formats_other_than_pdf_and_png_are_usage_errors(
    call: Call, tmp_path: Path, name: str
) -> None:
    code, _, errors = call("sheet", name)
    assert code == 2
    assert "give a" in errors.splitlines()[-1]
    assert not list(tmp_path.iterdir())


def test_an_unwritable_sheet_is_reported(call: Call) -> None:
    code, _, errors = call("sheet", "missing/mine.pdf")
    assert (code, len(errors.splitlines())) == (1, 1)
    assert "the sheet missing/mine.pdf cannot be written: no such file" in errors


# The photos


@pytest.mark.parametrize("paper", Paper)
@pytest.mark.parametrize("quarters", range(4))
def test_a_sheet_is_read_in_any_orientation(tmp_path: Path, paper: Paper, quarters: int) -> None:
    turned = np.rot90(filled(paper), quarters)
    assert load(write(tmp_path / "sheet.png", turned)) == (DIGITS, "")


@pytest.mark.parametrize("side", sheets.SIDES)
def test_photographed_boxes_are_read_correctly(hand: datasets.Dataset, side: int) -> None:
    rng = np.random.default_rng(side)
    sheet, inks = sheets.fill_at_random(hand.images, hand.labels, rng)
    scores = sheets.score(photograph(sheet, side, rng), inks)
    assert np.mean(np.array(scores) >= sheets.ALIKE) >= 0.99


@pytest.mark.parametrize("ink", [(200, 60, 30), (40, 30, 200)], ids=["blue", "red"])
def test_coloured_ink_is_read(tmp_path: Path, ink: tuple[int, int, int]) -> None:
    cover = (blank().astype(np.int16) - filled()).clip(0)[..., None] / blank().max()
    colour = blank()[..., None] * (1 - cover) + cover * np.array(ink)
    assert load(write(tmp_path / "sheet.png", colour.astype(np.uint8))) == (DIGITS, "")


def test_an_empty_sheet_is_recognized_in_a_pdf(call: Call, tmp_path: Path) -> None:
    pytest.importorskip("pypdfium2")
    call("sheet", "mine.pdf", "--quiet")
    assert "is a sheet with empty boxes" in refusal(tmp_path / "mine.pdf")


def test_empty_boxes_are_left_out_and_counted(tmp_path: Path) -> None:
    sheet = filled().copy()
    for number in (0, 57):
        sheet[in_box(sheet, number)] = 255
    path = write(tmp_path / "sheet.png", sheet)
    labels = [digit for number, digit in enumerate(DIGITS) if number not in (0, 57)]
    assert load(path) == (labels, f"{path}: 2 empty boxes left out")


@pytest.mark.parametrize(
    "how", ["black", "beyond its walls", "scribble", "rubbed out", "noise", "shadow"]
)
def test_a_box_without_a_digit_is_left_out(tmp_path: Path, how: str) -> None:
    sheet = filled().copy()
    place = in_box(sheet, 31)
    box: Picture = np.full_like(sheet[place], 255)
    if how == "black":
        box[:] = 20
    elif how == "beyond its walls":
        rows, columns = place
        sheet[rows.start - 15 : rows.stop + 15, columns.start - 9 : columns.stop + 9] = 20
        box[:] = 20
    elif how == "scribble":
        for column in range(0, box.shape[1], 6):
            cv2.line(box, (column, 0), (column + 5, box.shape[0]), (20,), 4)
    elif how == "rubbed out":
        cv2.line(box, (20, 10), (40, 50), (225,), 3)
    elif how == "noise":
        box[:] = np.random.default_rng(0).normal(230, 8, box.shape).clip(0, 255)
    else:
        box[:, box.shape[1] // 2 :] = 140
    sheet[place] = box
    labels, notes = load(write(tmp_path / "sheet.png", sheet))
    assert labels == DIGITS[:31] + DIGITS[32:]
    assert notes.endswith(": 1 empty box left out")


def test_images_in_a_folder_that_are_not_sheets_are_named(tmp_path: Path) -> None:
    write(tmp_path / "1.png", filled())
    write(tmp_path / "2.png", np.full((300, 300), 255, np.uint8))
    with pytest.raises(DatasetError, match=r"2\.png: no corner mark of a sheet was found: photogr"):
        datasets.load(str(tmp_path))
    write(tmp_path / "3.png", filled()[:900])
    message = refusal(tmp_path)
    assert "2 of 3 images" in message
    assert "3.png (only 2 of the sheet's 4 corner marks were found: " in message


def test_a_page_that_is_not_a_sheet_is_named(tmp_path: Path) -> None:
    first, second = Image.fromarray(filled()), Image.new("L", (300, 300), 255)
    first.save(tmp_path / "scan.tif", save_all=True, append_images=[second])
    assert "scan.tif: page 2: no corner mark of a sheet" in refusal(tmp_path / "scan.tif")


def with_a_turned_mark(sheet: Picture) -> Picture:
    """Turn one corner mark, as if a corner of another sheet covered it."""
    changed = sheet.copy()
    top, left = (
        round((side - frame * PX_PER_MM) / 2)
        for side, frame in zip(sheet.shape, FRAME[::-1], strict=True)
    )
    place = slice(top, top + 12 * PX_PER_MM), slice(left, left + 12 * PX_PER_MM)
    changed[place] = sheet[place][::-1, ::-1]
    return changed


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda sheet: sheet[:900], "only 2 of the sheet's 4 corner marks were found"),
        (lambda sheet: sheet[:, ::-1], "is one PNG image, not a data set"),
        (lambda sheet: np.full_like(sheet, 200), "is one PNG image, not a data set"),
        (lambda sheet: sheet[:1, :1], "is one PNG image, not a data set"),
        (lambda sheet: np.zeros((1, 60_000), np.uint8), "is one PNG image, not a data set"),
        (lambda sheet: cv2.resize(sheet, None, fx=0.4, fy=0.4), "the sheet is too small, 2."),
        (lambda sheet: np.hstack([sheet, sheet]), "a corner mark was found more than once"),
        (lambda sheet: np.vstack([sheet[:700], sheet[760:]]), "boxes are out of place"),
        (with_a_turned_mark, "the corner marks do not belong to one flat sheet"),
    ],
    ids=["cropped", "mirrored", "blank", "tiny", "thin", "small", "two", "torn", "turned"],
)  # fmt: skip
def test_a_photo_without_one_whole_sheet_is_refused(
    tmp_path: Path, damage: Callable[[Picture], Picture], message: str
) -> None:
    image = np.ascontiguousarray(damage(filled()))
    assert message in refusal(write(tmp_path / "sheet.png", image))


@pytest.mark.parametrize("share", [0.01, 0.3, 0.6])
@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_truncated_photo_is_refused(tmp_path: Path, suffix: str, share: float) -> None:
    path = write(tmp_path / f"sheet{suffix}", filled())
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    refusal(path)


def test_a_huge_photo_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = write(tmp_path / "sheet.png", np.zeros((9, 9), np.uint8))
    data = path.read_bytes()
    path.write_bytes(data[:16] + (60_000).to_bytes(4) * 2 + data[24:])
    message = refusal(path)
    assert "too large: 60000 x 60000 pixels" in message
    assert "raise the limit" not in message


def test_a_large_photo_is_reduced(tmp_path: Path) -> None:
    large = cv2.resize(filled(), None, fx=3, fy=3, interpolation=cv2.INTER_NEAREST)
    assert load(write(tmp_path / "sheet.png", large.view(np.uint8))) == (DIGITS, "")
