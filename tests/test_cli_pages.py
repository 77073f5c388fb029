"""`digitnet predict` on files with several pages."""

import csv
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import Call
from PIL import Image

from digitnet.errors import ImageError
from digitnet.reading.recognizer import Recognizer

pytestmark = pytest.mark.usefixtures("reader")

DIGITS = ("5", "3", "9", "0")
SAMPLES = ("crayon-5.png", "paint-3.png", "chalk-9.png", "paint-0.png")


@pytest.fixture
def pictures(samples: Path) -> list[Image.Image]:
    """Samples of `DIGITS`, black on white, all of one size."""
    return [
        Image.open(samples / name).convert("L").resize((200, 200)).convert("1") for name in SAMPLES
    ]


@pytest.fixture
def scan(pictures: list[Image.Image], tmp_path: Path) -> Callable[[str], Path]:
    """Write the pictures as pages of one file."""

    def write(name: str) -> Path:
        path = tmp_path / name
        pictures[0].save(path, save_all=True, append_images=pictures[1:], lossless=True)
        return path

    return write


@pytest.mark.parametrize("name", ["scan.pdf", "scan.tif", "scan.gif", "scan.webp"])
def test_each_page_is_answered_like_a_png_of_it(
    call: Call,
    scan: Callable[[str], Path],
    pictures: list[Image.Image],
    name: str,
    tmp_path: Path,
) -> None:
    if name == "scan.pdf":
        pytest.importorskip("pypdfium2")
    path = scan(name)
    alone = []
    for number, picture in enumerate(pictures, 1):
        picture.save(tmp_path / f"{number}.png")
        alone.append(call("predict", tmp_path / f"{number}.png")[1].split("\t", 1)[1])
    assert [answer[0] for answer in alone] == [*DIGITS]
    expected = "".join(f"{path}#{number}\t{answer}" for number, answer in enumerate(alone, 1))
    assert call("predict", path) == (0, expected, "")
    assert call("predict", "--jobs", "1", path) == (0, expected, "")


def test_pages_are_selected_and_a_missing_page_is_reported(
    call: Call, scan: Callable[[str], Path], samples: Path
) -> None:
    path = scan("scan.tif")
    code, output, errors = call("predict", path, samples / "paint-3.png", "--pages", "2-3")
    assert [line.split("\t")[:2] for line in output.splitlines()] == [
        [f"{path}#2", "3"],
        [f"{path}#3", "9"],
    ]
    name = samples / "paint-3.png"
    assert (code, errors) == (1, f"digitnet: {name}: page 2 does not exist; the file has 1 page\n")


@pytest.mark.parametrize("pages", ["0", "3-2", "one", "1,2", "", "-3", "1" * 10])
def test_an_invalid_page_range_is_a_usage_error(call: Call, pages: str) -> None:
    code, output, errors = call("predict", "scan.tif", f"--pages={pages}")
    assert (code, output) == (2, "")
    assert f"--pages: {pages!r} is not a range of positive numbers: give 3, 1-3 or 3-" in errors


def test_pages_come_from_folders_lists_and_standard_input(
    call: Call,
    scan: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = scan("scan.gif")
    (tmp_path / "list.txt").write_text("scan.gif\n")
    folder = tmp_path / "folder"
    folder.mkdir()
    path.rename(folder / "scan.gif")
    inside = Path("folder", "scan.gif")
    assert call("predict", "folder", "--pages", "2")[1].startswith(f"{inside}#2\t3\t")
    (folder / "scan.gif").rename(path)
    listed = call("predict", "--files-from", "list.txt", "--pages", "3-")[1]
    assert [line.split("\t")[0] for line in listed.splitlines()] == ["scan.gif#3", "scan.gif#4"]
    with path.open("rb") as file:
        monkeypatch.setattr("digitnet.cli.paths._STDIN", file.fileno())
        assert call("predict", "-", "--pages", "4")[1].startswith("-#4\t0\t")


def test_a_page_that_is_too_large_is_reported_and_the_others_are_answered(
    call: Call, tmp_path: Path, samples: Path
) -> None:
    three = cv2.imread(str(samples / "paint-3.png"), cv2.IMREAD_GRAYSCALE)
    assert three is not None
    path = tmp_path / "scan.tif"
    cv2.imwritemulti(str(path), [three, np.zeros((100, 9000), np.uint8), three])
    code, output, errors = call("predict", path, "--max-pixels", "500000", "--format", "csv")
    rows = [row[:2] for row in csv.reader(output.splitlines())]
    assert rows[1:] == [[f"{path}#1", "3"], [f"{path}#2", ""], [f"{path}#3", "3"]]
    assert code == 1
    assert errors.startswith(f"digitnet: {path}#2: too large: 9000 x 100 pixels")
    assert errors.endswith("raise the limit with --max-pixels\n")


def test_figures_are_named_after_page_numbers(
    call: Call, scan: Callable[[str], Path], tmp_path: Path
) -> None:
    path = scan("scan.gif")
    assert call("predict", path, "--pages", "2-3", "--plot", tmp_path / "figures")[0] == 0
    names = sorted(figure.name for figure in (tmp_path / "figures").iterdir())
    assert names == ["scan-2.digits.png", "scan-3.digits.png"]


def test_a_single_figure_file_requires_a_single_page(
    call: Call, scan: Callable[[str], Path], tmp_path: Path
) -> None:
    path = scan("scan.tif")
    code, output, errors = call("predict", path, "--plot", "figure.png")
    assert (code, output) == (2, "")
    assert "'figure.png' is one file, but there are 4 pages: give a folder, or" in errors
    assert call("predict", path, "--pages", "2", "--plot", "figure.png")[0] == 0
    assert (tmp_path / "figure.png").is_file()


def test_a_pdf_without_its_extra_says_how_to_install_it(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    path = tmp_path / "scan.pdf"
    path.write_bytes(b"%PDF-1.7")
    code, output, errors = call("predict", path)
    assert (code, output) == (1, "")
    assert errors.startswith(f"digitnet: {path}: PDFs need pypdfium2: pip install")


def test_python_reads_page_by_page(
    recognizer: Recognizer, scan: Callable[[str], Path], samples: Path
) -> None:
    path = scan("scan.tif")
    assert "".join(page.digits for page in recognizer.predict_pages(path)) == "".join(DIGITS)
    some = recognizer.predict_pages(path.read_bytes(), pages=range(2, 4), jobs=1)
    assert [page.digits for page in some] == ["3", "9"]
    (one,) = recognizer.predict_pages(samples / "paint-3.png")
    assert one.digits == "3"
    with pytest.raises(ImageError, match=r"scan\.tif: page 5 does not exist; the file has 4 pages"):
        recognizer.predict_pages(path, pages=range(5, 6))


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "wait4"), reason="this system does not tell a process's memory")
def test_memory_does_not_grow_with_the_number_of_pages(
    environment: dict[str, str], tmp_path: Path
) -> None:
    def peak(count: int) -> float:
        """Return the peak memory in MiB of a program that reads `count` pages of 9 MB."""
        path = tmp_path / f"{count}.tif"
        cv2.imwritemulti(str(path), [np.full((3000, 3000), 250, np.uint8)] * count)
        command = [sys.executable, "-m", "digitnet", "predict", "--jobs", "2", str(path)]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        with process.stdout:
            assert len(process.stdout.readlines()) == count
        usage = os.wait4(process.pid, 0)[2]
        process.returncode = 0
        return usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)

    assert peak(40) < peak(4) + 100
