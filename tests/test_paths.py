"""From command-line arguments to images: files, folders and lists of paths."""

import errno
import os
import tempfile
from pathlib import Path
from typing import IO

import pytest

from digitnet.cli.paths import MAX_PATH_BYTES, listed_sources, named_sources
from digitnet.errors import ImageError
from digitnet.output.formats import encode
from digitnet.reading.sources import Source

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of images among other files."""
    for name in ("10.png", "9.png", "sub/1.png", "sub/deep/2.jpg", ".hidden.png"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(PNG)
    (tmp_path / "scan").write_bytes(PNG)
    (tmp_path / "labels.csv").write_text("file,label\n")
    (tmp_path / "loop").symlink_to(tmp_path)
    return tmp_path


def names_in(folder: Path, *, recursive: bool = False) -> list[str]:
    sources = named_sources([str(folder)], recursive=recursive, limit=0)
    return [Path(source.name).relative_to(folder).as_posix() for source in sources]


def listed(content: bytes, separator: bytes = b"\n") -> list[Source]:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        return list(listed_sources(file.fileno(), separator, recursive=False))


def only_error(sources: list[Source]) -> str:
    (source,) = sources
    assert isinstance(source.image, ImageError)
    return str(source.image)


def test_a_folder_gives_only_its_images_in_natural_order(folder: Path) -> None:
    assert names_in(folder) == ["9.png", "10.png", "scan"]


def test_subfolders_are_read_on_request_without_following_link_loops(folder: Path) -> None:
    found = names_in(folder, recursive=True)
    assert found == ["9.png", "10.png", "scan", "sub/1.png", "sub/deep/2.jpg"]


def test_files_with_an_image_suffix_are_listed_whatever_they_contain(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no image")
    (tmp_path / "missing.jpg").symlink_to("nowhere")
    assert names_in(tmp_path) == ["missing.jpg", "text.png"]


def test_figures_drawn_by_digitnet_are_skipped(tmp_path: Path) -> None:
    for name in ("1.png", "1.digits.png"):
        (tmp_path / name).write_bytes(PNG)
    assert names_in(tmp_path) == ["1.png"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_in_a_folder_is_skipped(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "1.png").write_bytes(PNG)
    assert names_in(tmp_path) == ["1.png"]


def test_a_folder_without_images_is_an_error(tmp_path: Path) -> None:
    sources = list(named_sources([str(tmp_path)], recursive=False, limit=0))
    assert only_error(sources) == f"{tmp_path}: no images in this folder"


def test_a_folder_with_images_only_in_subfolders_suggests_recursive(
    tmp_path: Path,
) -> None:
    (tmp_path / "sub").mkdir()
    sources = list(named_sources([str(tmp_path)], recursive=False, limit=0))
    assert "--recursive" in only_error(sources)


def test_a_folder_without_permission_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", path)

    # chmod would not do: root ignores permissions.
    monkeypatch.setattr(os, "scandir", refuse)
    sources = list(named_sources([str(tmp_path)], recursive=False, limit=0))
    assert only_error(sources) == f"{tmp_path}: the folder cannot be read: permission denied"


def test_a_list_may_have_empty_lines_and_windows_line_endings() -> None:
    assert [source.name for source in listed(b"a.png\r\n\nb c.png\n-\nlast.png")] == [
        "a.png",
        "b c.png",
        "-",
        "last.png",
    ]


def test_a_nul_separated_list_may_have_names_with_newlines() -> None:
    assert [s.name for s in listed(b"a\nb.png\0c.png\r\0", b"\0")] == ["a\nb.png", "c.png\r"]


def test_a_name_that_is_not_utf_8_is_kept() -> None:
    (source,) = listed(b"\xff.png\n")
    assert encode(source.name) == b"\xff.png"


def test_a_list_in_another_code_page_does_not_crash_on_windows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def decode_as_windows_does(path: str | bytes) -> str:
        return path if isinstance(path, str) else path.decode("utf-8", "surrogatepass")

    monkeypatch.setattr(os, "fsdecode", decode_as_windows_does)
    assert [source.name for source in listed(b"f\xfcnf.png\nb.png\n")] == ["f\udcfcnf.png", "b.png"]


def test_a_list_with_an_endless_line_is_refused() -> None:
    with pytest.raises(ImageError, match=f"a line of more than {MAX_PATH_BYTES:,} bytes.*--null"):
        listed(b"a.png\n" + b"x" * (2 * MAX_PATH_BYTES))


def test_an_endless_name_between_nuls_is_refused() -> None:
    with pytest.raises(ImageError, match=f"more than {MAX_PATH_BYTES:,} bytes.*leave out --null"):
        listed(b"x" * (2 * MAX_PATH_BYTES), b"\0")


@pytest.mark.parametrize("separator", [b"\n", b"\0"])
@pytest.mark.parametrize("name", ["chalkboard-photo-256.jpg", "paint-3.png"])
def test_an_image_is_refused_as_a_list(samples: Path, name: str, separator: bytes) -> None:
    kind = {".jpg": "JPEG", ".png": "PNG"}[Path(name).suffix]
    with pytest.raises(
        ImageError, match=f"^the list of paths is a {kind} image: leave out --files-from"
    ):
        listed((samples / name).read_bytes(), separator)


@pytest.mark.parametrize("separator", [b"\n", b"\0"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
def test_a_utf_16_list_is_refused_by_its_encoding(encoding: str, separator: bytes) -> None:
    """Windows PowerShell writes such lists with `>`."""
    content = "\ufeff七.png\r\nb.png\r\n".removeprefix("\ufeff" if encoding != "utf-16-be" else "")
    with pytest.raises(ImageError, match=r"^the list of paths is UTF-(16|32) text.*UTF-8"):
        listed(content.encode(encoding), separator)


@pytest.mark.parametrize("content", [b"a.png\0b.png\0", b"PK\3\4\n\0\n", bytes(100)])
def test_a_list_of_lines_with_nul_is_refused_before_any_path_is_read(content: bytes) -> None:
    with pytest.raises(ImageError, match=r"^the list of paths contains NUL bytes: .*--null"):
        listed(content)


def test_a_late_nul_ends_the_list_with_an_error() -> None:
    names: list[str] = []

    def collect(file: IO[bytes]) -> None:
        for source in listed_sources(file.fileno(), b"\n", recursive=False):
            names.append(source.name)

    with tempfile.TemporaryFile() as file:
        file.write(b"a.png\n" * 20_000 + b"b\0c.png\n")
        file.seek(0)
        with pytest.raises(ImageError, match="NUL"):
            collect(file)
    assert names == ["a.png"] * 20_000


def test_names_that_begin_like_image_data_are_accepted() -> None:
    assert [source.name for source in listed(b"II*\0P1 x\0", b"\0")] == ["II*", "P1 x"]
    assert next(source.name for source in listed(b"P5 x\n\xff\xfe\n")) == "P5 x"


def test_lines_without_nul_are_refused_as_a_nul_separated_list() -> None:
    with pytest.raises(
        ImageError, match=r"^the list of paths is separated by newlines, not by NUL: leave out"
    ):
        listed(b"a.png\nb.png\n", b"\0")


def test_spaces_quotes_and_hashes_are_part_of_a_path() -> None:
    names = [" a.png", "b.png ", "# c.png", " ", '"d.png"']
    assert [source.name for source in listed("\n".join(names).encode())] == names


@pytest.mark.skipif(os.name != "posix", reason="Windows opens no folder")
def test_a_list_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    with pytest.raises(ImageError, match="the list of paths cannot be read: is a directory"):
        list(listed_sources(descriptor, b"\n", recursive=False))
    os.close(descriptor)


def test_an_undecodable_photo_is_not_skipped(tmp_path: Path) -> None:
    (tmp_path / "IMG_1.HEIC").write_bytes(b"\0\0\0\x18ftypheic")
    assert names_in(tmp_path) == ["IMG_1.HEIC"]


def test_a_list_may_begin_with_a_byte_order_mark() -> None:
    assert [source.name for source in listed(b"\xef\xbb\xbfone.png\r\ntwo.png\r\n")] == [
        "one.png",
        "two.png",
    ]
