from pathlib import Path

import matplotlib
import numpy as np
import pytest

from benchmarks.harness import fonts as benchmark_fonts
from digitnet.errors import DatasetError
from digitnet.model.symbols import DIGITS
from digitnet.synthesis.characters.fonts import (
    Face,
    choose_face,
    draw_characters,
    find_faces,
)

BUNDLED = Path(matplotlib.get_data_path(), "fonts", "ttf")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "family" / "files"
    inside.mkdir(parents=True)
    for name in ("DejaVuSans.ttf", "STIXSizOneSymReg.ttf"):
        (inside / name).symlink_to(BUNDLED / name)
    (inside / "notes.txt").write_text("no font")
    (inside / "broken.ttf").write_bytes(b"no font either")
    return tmp_path


def test_the_fonts_of_matplotlib_are_always_available() -> None:
    faces = find_faces(None, "AKω")
    assert {"DejaVuSans", "DejaVuSerif-Italic", "cmr10"} <= {face.path.stem for face in faces}
    assert all(face.digits for face in faces)


def test_a_folder_adds_its_fonts_and_those_of_its_subfolders(folder: Path) -> None:
    added = find_faces(str(folder), "")[len(find_faces(None, "")) :]
    assert [face.path.name for face in added] == ["DejaVuSans.ttf"]


def test_a_face_knows_which_letters_it_has() -> None:
    letters = "ABCDEFGHIJKLMΩ\u4e00"
    by_name = {face.path.stem: face for face in find_faces(None, letters)}
    assert by_name["DejaVuSans"].letters == "ABCDEFGHIJKLMΩ"
    assert by_name["cmtt10"].letters == "ABCDEFGHIJKLM"


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_a_folder_without_fonts_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match=name):
        find_faces(str(tmp_path / name), "")


def test_characters_are_white_on_black_and_cropped() -> None:
    face = next(face for face in find_faces(None, "") if face.path.stem == "DejaVuSans")
    for text in (*DIGITS, "42"):
        picture = draw_characters(face, text)
        assert picture.dtype == np.uint8
        assert picture.max() == 255
        assert 30 < picture.shape[0] < 60
        assert all(edge.any() for edge in (picture[0], picture[-1]))
    assert draw_characters(face, "42").shape[1] > 1.8 * draw_characters(face, "4").shape[1]


def test_font_families_are_chosen_equally_often_whatever_their_size() -> None:
    faces = [Face(Path(f"{name}.ttf"), name[0], "", True) for name in ("a1", "a2", "a3", "a4", "b")]
    rng = np.random.default_rng(0)
    chosen = [choose_face(faces, rng).family for _ in range(1000)]
    assert 400 < chosen.count("b") < 600


def test_fonts_held_out_for_benchmarks_are_never_trained_on() -> None:
    root = Path(__file__).resolve().parent.parent
    trained = {line.split("@")[0] for line in (root / "models" / "fonts.txt").read_text().split()}
    held_out = {*benchmark_fonts.PRINT, *benchmark_fonts.HANDWRITING}
    twins = {"carlito", "heebo", "open-sans", "roboto-mono", "roboto-condensed", "source-sans-3"}
    assert not trained & (held_out | twins)
