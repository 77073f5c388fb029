"""Drawings that `digitnet draw` saves with their labels."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from server_process import Ask

from digitnet.files.atomic import write_atomically
from digitnet.server import drawings
from digitnet.vision import decode_image

pytest_plugins = ("server_process",)


def test_a_drawing_is_kept_once_in_the_folder_of_its_digit(
    ask: Ask, folder: Path, samples: Path
) -> None:
    picture = (samples / "paint-3.png").read_bytes()
    first, again = (ask("POST", "/drawings?digit=3", picture) for _ in range(2))
    assert (first.status, first.json) == (201, again.json)
    kept = folder / first.json["path"]
    assert kept.parent == folder / "my_digits" / "3"
    assert np.array_equal(decode_image(kept), decode_image(picture))
    assert ask("GET", "/drawings").json == {
        "folder": "my_digits",
        "counts": [0] * 3 + [1] + [0] * 6,
    }


def test_a_drawing_kept_as_another_digit_is_moved(ask: Ask, folder: Path, samples: Path) -> None:
    picture = (samples / "marker-2.png").read_bytes()
    wrong, right = (ask("POST", f"/drawings?digit={digit}", picture).json for digit in (7, 2))
    assert not (folder / wrong["path"]).exists()
    assert (folder / right["path"]).parent.name == "2"


def test_an_empty_drawing_is_not_kept(ask: Ask, samples: Path) -> None:
    reply = ask("POST", "/drawings?digit=8", (samples / "not-digits/blank-white.png").read_bytes())
    assert (reply.status, reply.json) == (
        409,
        {"error": "the drawing is empty: draw a digit first"},
    )


def test_a_drawing_that_is_kept_as_several_digits_at_once_is_in_one_folder(
    ask: Ask, folder: Path, samples: Path
) -> None:
    picture = (samples / "chalk-9.png").read_bytes()
    with ThreadPoolExecutor(10) as pool:
        replies = pool.map(
            lambda digit: ask("POST", f"/drawings?digit={digit}", picture), range(10)
        )
        kept = [Path(reply.json["path"]) for reply in replies]
    name = kept[0].stem.rpartition("-")[2]
    (path,) = (folder / "my_digits").glob(f"*/*-{name}.png")
    assert path.relative_to(folder) in kept


def test_a_drawing_that_another_server_has_just_moved_is_kept(
    tmp_path: Path, samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gray = decode_image(samples / "paint-3.png")
    wrong, _ = drawings.save_drawing(tmp_path, gray, 8)

    def write_while_the_other_is_removed(path: Path, data: bytes) -> None:
        wrong.unlink()
        write_atomically(path, data)

    monkeypatch.setattr(drawings, "write_atomically", write_while_the_other_is_removed)
    path, count = drawings.save_drawing(tmp_path, gray, 3)
    assert (path.parent.name, path.is_file(), count) == ("3", True, 1)
