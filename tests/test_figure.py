"""Figures are saved completely or not at all, and replace only figures by digitnet."""

import os
import stat
from pathlib import Path

import cv2
import matplotlib.pyplot
import numpy as np
import pytest
from conftest import Call
from matplotlib.figure import Figure

from digitnet.errors import OutputError
from digitnet.plots.figure import new_figure, save_figure, writable_suffixes

SUFFIXES = sorted(writable_suffixes())


@pytest.fixture
def figure() -> Figure:
    return new_figure(1, 1)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_figure_by_digitnet_is_replaced(figure: Figure, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"figure{suffix}"
    save_figure(figure, path)
    save_figure(figure, path)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_figure_by_another_program_is_not_replaced(
    figure: Figure, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"figure{suffix}"
    Figure((1, 1)).savefig(path)
    before = path.read_bytes()
    with pytest.raises(OutputError, match="not a figure by digitnet, so it is not replaced"):
        save_figure(figure, path)
    assert path.read_bytes() == before


def test_a_photo_is_not_replaced(figure: Figure, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    cv2.imwrite(str(photo), np.zeros((9, 9), np.uint8))
    before = photo.read_bytes()
    with pytest.raises(OutputError, match="move it away, or give another --plot"):
        save_figure(figure, photo)
    assert photo.read_bytes() == before


def test_an_empty_file_is_replaced(figure: Figure, tmp_path: Path) -> None:
    """`mktemp` creates such a file."""
    (tmp_path / "empty.png").touch()
    save_figure(figure, tmp_path / "empty.png")
    assert (tmp_path / "empty.png").stat().st_size


def test_a_photo_behind_a_link_is_not_replaced(figure: Figure, tmp_path: Path) -> None:
    photo, link = tmp_path / "photo.png", tmp_path / "link.png"
    cv2.imwrite(str(photo), np.zeros((9, 9), np.uint8))
    link.symlink_to(photo)
    before = photo.read_bytes()
    with pytest.raises(OutputError, match=r"link\.png is not a figure by digitnet"):
        save_figure(figure, link)
    assert photo.read_bytes() == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
def test_a_pipe_is_not_replaced(figure: Figure, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    with pytest.raises(OutputError, match="not a figure by digitnet"):
        save_figure(figure, pipe)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("suffix", [".png", ".svg", ".jpg", ".tif", ".webp", ".gif", ".avif"])
def test_figures_with_the_mark_of_digitnet_can_be_read(
    figure: Figure, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"figure{suffix}"
    save_figure(figure, path)
    if suffix == ".svg":
        assert path.read_text().rstrip().endswith("</svg>")
    else:
        image = matplotlib.pyplot.imread(path)
        assert image.shape[:2] == (150, 150)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A user's file where a figure would go."""
    path = tmp_path / "figures" / "paint-3.digits.png"
    path.parent.mkdir()
    cv2.imwrite(str(path), np.zeros((9, 9), np.uint8))
    return path


@pytest.mark.usefixtures("reader")
def test_predict_does_not_overwrite_a_users_file_in_a_folder(
    call: Call, three: Path, photo: Path
) -> None:
    before = photo.read_bytes()
    code, _, errors = call("predict", three, "--plot", "figures")
    assert code == 1
    assert errors == (
        "digitnet: figures/paint-3.digits.png is not a figure by digitnet, so it is not replaced: "
        "move it away, or give another --plot\n"
    )
    assert photo.read_bytes() == before


@pytest.mark.usefixtures("reader")
def test_predict_overwrites_its_own_figures(call: Call, three: Path, tmp_path: Path) -> None:
    for _ in range(2):
        assert call("predict", three, "--plot", "figures/")[0] == 0
        assert call("predict", three, "--plot", "figure.pdf")[0] == 0
    assert [path.name for path in (tmp_path / "figures").iterdir()] == ["paint-3.digits.png"]


def test_predict_refuses_to_overwrite_a_users_file_before_it_reads(
    call: Call, three: Path, photo: Path
) -> None:
    code, output, errors = call("predict", three, "--plot", photo)
    assert (code, output) == (1, "")
    assert "is not a figure by digitnet" in errors


def test_train_refuses_to_overwrite_a_users_file_before_it_reads_the_data(
    call: Call, photo: Path
) -> None:
    before = photo.read_bytes()
    code, _, errors = call("train", "--dataset", "nowhere", "--plot", photo)
    assert code == 1
    assert "is not a figure by digitnet" in errors
    assert photo.read_bytes() == before


def test_evaluate_refuses_to_overwrite_a_users_file_before_it_measures(
    call: Call, tmp_path: Path
) -> None:
    (tmp_path / "misses.png").write_bytes(b"a user's")
    code, output, errors = call("evaluate", "--dataset", "digits", "--plot", ".")
    assert (code, output) == (1, "")
    assert errors.startswith("digitnet: misses.png is not a figure by digitnet")
    assert os.listdir(tmp_path) == ["misses.png"]


def test_evaluate_refuses_a_folder_that_cannot_be_created_before_it_measures(
    call: Call, tmp_path: Path
) -> None:
    (tmp_path / "figures").write_text("a file")
    code, output, errors = call("evaluate", "--dataset", "digits", "--plot", "figures")
    assert (code, output) == (1, "")
    assert errors.startswith("digitnet: figures cannot be created: file exists")


@pytest.mark.parametrize("command", ["predict", "train", "evaluate"])
def test_an_empty_plot_is_a_usage_error_and_not_the_working_directory(
    call: Call, three: Path, tmp_path: Path, command: str
) -> None:
    """An unset shell variable passes such a value."""
    images = (three,) if command == "predict" else ()
    code, output, errors = call(command, *images, "--plot", "")
    assert (code, output) == (2, "")
    assert "empty value" in errors
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["--output", "--from", "--fonts", "--dataset", "--plot"])
def test_an_empty_value_of_train_is_a_usage_error(call: Call, tmp_path: Path, option: str) -> None:
    code, output, errors = call("train", "--dataset", "digits", option, "")
    assert (code, output) == (2, "")
    assert f"'{option}': empty value" in " ".join(errors.split())
    assert list(tmp_path.iterdir()) == []
