"""Atomic writes: whatever happens during a write, the file is complete or unchanged."""

import contextlib
import errno
import os
from pathlib import Path

import pytest

from digitnet.files import atomic


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    atomic.write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        atomic.write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_content_is_synced_before_the_rename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    forced: list[bool] = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        forced.append(path.exists())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    atomic.write_atomically(path, b"new")
    assert forced == [False, True]  # the file before the rename, the folder after it


@pytest.mark.parametrize("links", [True, False])
def test_write_new_never_replaces_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    if not links:
        monkeypatch.setattr(os, "link", refuse)
    path = tmp_path / "file"
    atomic.write_new(path, b"old")
    with pytest.raises(FileExistsError):
        atomic.write_new(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_swap_exchanges_two_folders(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
        (folder / folder.name).touch()
    if atomic.swap(one, other):
        assert (one / "other").exists()
        assert (other / "one").exists()


def test_a_missing_folder_cannot_be_swapped(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    exchanged = False
    with contextlib.suppress(FileNotFoundError):
        exchanged = atomic.swap(tmp_path / "one", tmp_path / "missing")
    assert not exchanged
    assert (tmp_path / "one").exists()


def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        atomic.write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_links_are_followed_and_other_files_left_alone(tmp_path: Path) -> None:
    path, link, neighbour = tmp_path / "file", tmp_path / "link", tmp_path / "file.new"
    path.write_bytes(b"old")
    neighbour.write_bytes(b"mine")
    link.symlink_to(path)
    atomic.write_atomically(link, b"new")
    assert link.is_symlink()
    assert path.read_bytes() == b"new"
    assert neighbour.read_bytes() == b"mine"
