"""From a file or its bytes to gray; every error is reported on one line."""

import contextlib
import os
import struct
import subprocess
import sys
import tracemalloc
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digitnet.errors import ImageError
from digitnet.vision import Limits, decode_image

DEFAULT = Limits()
GRAY = np.arange(12 * 16, dtype=np.uint8).reshape(12, 16)


def png(image: cv2.typing.MatLike) -> bytes:
    return cv2.imencode(".png", image)[1].tobytes()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def failure(source: str | os.PathLike[str] | bytes, limits: Limits = DEFAULT) -> str:
    with pytest.raises(ImageError) as caught:
        decode_image(source, limits)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_path_and_its_bytes_give_the_same_gray_image(tmp_path: Path) -> None:
    path = tmp_path / "digit.png"
    path.write_bytes(png(GRAY))
    np.testing.assert_array_equal(decode_image(path), GRAY)
    np.testing.assert_array_equal(decode_image(str(path)), GRAY)
    np.testing.assert_array_equal(decode_image(png(GRAY)), GRAY)


def test_the_content_decides_the_format_and_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "digit.txt"
    path.write_bytes(png(GRAY))
    np.testing.assert_array_equal(decode_image(path), GRAY)


def test_sixteen_bits_are_reduced_to_eight() -> None:
    np.testing.assert_array_equal(decode_image(png(GRAY.astype(np.uint16) * 257)), GRAY)


def test_palette_one_bit_and_gray_with_alpha_are_read() -> None:
    rows = b"".join(b"\0" + bytes([0b10100000]) for _ in range(3))
    data = zlib.compress(rows)

    def make(depth: int, colour: int, *extra: bytes, body: bytes = data) -> bytes:
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", 3, 3, depth, colour, 0, 0, 0))
        rest = chunk(b"IDAT", body) + chunk(b"IEND", b"")
        return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + rest

    expected = np.tile(np.array([255, 0, 255], np.uint8), (3, 1))
    np.testing.assert_array_equal(decode_image(make(1, 0)), expected)
    palette = chunk(b"PLTE", bytes([0, 0, 0, 255, 255, 255]))
    np.testing.assert_array_equal(decode_image(make(1, 3, palette)), expected)
    pairs = zlib.compress((b"\0" + bytes([255, 255, 0, 255, 255, 255])) * 3)
    np.testing.assert_array_equal(decode_image(make(8, 4, body=pairs)), expected)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_rotated_by_its_exif_orientation(orientation: int) -> None:
    upright = np.zeros((40, 64), np.uint8)
    upright[:16, :16] = 255
    upright[:16, 48:] = 120
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].T,
        8: np.rot90(upright, -1),
    }[orientation]
    jpeg = cv2.imencode(".jpg", np.ascontiguousarray(stored))[1].tobytes()
    block = b"II*\0" + struct.pack("<IHHHIHxxI", 8, 1, 274, 3, 1, orientation, 0)
    segment = b"\xff\xe1" + struct.pack(">H", len(block) + 8) + b"Exif\0\0" + block
    seen = decode_image(jpeg[:2] + segment + jpeg[2:])
    assert seen.shape == upright.shape
    assert np.abs(seen.astype(int) - upright).mean() < 3


def test_a_png_is_rotated_by_an_exif_chunk_after_its_pixels() -> None:
    block = b"II*\0" + struct.pack("<IHHHIHxxI", 8, 1, 274, 3, 1, 6, 0)
    data = png(np.ascontiguousarray(np.rot90(GRAY)))
    turned = data[:-12] + chunk(b"eXIf", block) + data[-12:]
    np.testing.assert_array_equal(decode_image(turned), GRAY)


@pytest.mark.parametrize(("ink", "least"), [((60, 40, 40), 150), ((0, 250, 255), 100)])
def test_a_large_jpeg_shows_its_ink_like_a_png(ink: tuple[int, ...], least: int) -> None:
    image = np.full((1000, 1100, 3), 250, np.uint8)
    image[300:700, 500:560] = ink
    jpeg = cv2.imencode(".jpg", image)[1].tobytes()
    segment = b"\xff\xe1" + struct.pack(">H", 34) + b"Exif\0\0II*\0"
    segment += struct.pack("<IHHHIHxxI", 8, 1, 274, 3, 1, 6, 0)
    seen = decode_image(jpeg[:2] + segment + jpeg[2:])
    assert seen.shape == (1100, 1000)
    as_png = np.rot90(decode_image(png(image)), -1)
    assert np.abs(seen.astype(int) - as_png).mean() < 2  # JPEG blurs colour at the edges
    assert int(seen[0, 0]) - int(seen[530, 500]) > least


def test_the_first_of_several_pages_is_read_with_a_note() -> None:
    pages = [np.full((20, 20), level, np.uint8) for level in (10, 200)]
    notes: list[str] = []
    first = decode_image(cv2.imencodemulti(".tiff", pages)[1].tobytes(), notify=notes.append)
    np.testing.assert_array_equal(first, pages[0])
    assert notes == ["this TIFF has several pages; only the first is read"]
    decode_image(cv2.imencodemulti(".tiff", pages[:1])[1].tobytes(), notify=notes.append)
    assert len(notes) == 1


def test_missing_empty_and_foreign_files_are_reported(tmp_path: Path) -> None:
    assert "no such file" in failure(tmp_path / "missing.png")
    empty = tmp_path / "empty.png"
    empty.touch()
    assert "0 bytes" in failure(empty)
    assert "0 bytes" in failure(b"")
    text = tmp_path / "text.png"
    text.write_text("this is no image")
    assert "not an image: it begins with 'this is no i'" in failure(text)
    assert "bytes 00 01 02" in failure(bytes(range(64)))
    assert "null" in failure("nul\0byte.png")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "a folder" in failure(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_or_device_is_refused_without_waiting(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    assert "not a regular file" in failure(pipe)
    assert "not a regular file" in failure("/dev/zero")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_file_without_permission_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "secret.png"
    path.write_bytes(png(GRAY))
    path.chmod(0)
    assert "permission denied" in failure(path)


def test_a_read_error_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "broken-disk.png"
    path.write_bytes(png(GRAY))

    def broken(descriptor: int, count: int) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("os.read", broken)
    assert failure(path) == "cannot be read: input/output error"


def test_a_small_file_takes_little_memory_despite_a_large_limit(tmp_path: Path) -> None:
    path = tmp_path / "small.png"
    path.write_bytes(png(GRAY))
    tracemalloc.start()
    try:
        decode_image(path, Limits(bytes=2**30))
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_too_many_bytes_or_pixels_are_refused_before_decoding(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(png(GRAY))
    assert "raise the limit" in failure(path, Limits(bytes=20))
    assert "too large: 16 x 12 pixels (limit: 100 pixels)" in failure(path, Limits(pixels=100))
    bomb = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0))
    assert "60000 x 60000" in failure(b"\x89PNG\r\n\x1a\n" + bomb)


@pytest.mark.parametrize("extension", [".png", ".jpg", ".bmp", ".webp", ".ppm"])
def test_a_truncated_image_is_an_error(extension: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    data = cv2.imencode(extension, noise)[1].tobytes()
    for share in (0.3, 0.6, 0.9):
        assert failure(data[: int(len(data) * share)])


def test_a_damaged_png_is_detected_by_its_checksum() -> None:
    data = bytearray(png(GRAY))
    data[len(data) // 2] ^= 0xFF
    assert "damaged PNG" in failure(bytes(data))


def test_a_header_without_a_size_is_damaged() -> None:
    assert "damaged or truncated header" in failure(b"\xff\xd8\xff\xe0\0\x04ab")


def test_decoders_write_nothing_to_stderr(tmp_path: Path) -> None:
    data = png(GRAY)
    odd = data[:33] + chunk(b"iCCP", b"bad\0\0" + zlib.compress(bytes(132))) + data[33:]
    (tmp_path / "odd.png").write_bytes(odd)
    (tmp_path / "cut.png").write_bytes(data[:60])
    (tmp_path / "cut.jpg").write_bytes(cv2.imencode(".jpg", GRAY)[1].tobytes()[:-60])
    code = (
        "import sys; from digitnet.vision import decode_image; from digitnet.errors import *\n"
        "for path in sys.argv[1:]:\n"
        "    try: print(decode_image(path).shape)\n"
        "    except ImageError as error: print(error)\n"
    )
    paths = [str(path) for path in sorted(tmp_path.iterdir())]
    run = subprocess.run([sys.executable, "-c", code, *paths], capture_output=True, text=True)
    assert run.stderr == ""
    assert len(run.stdout.splitlines()) == 3


@settings(deadline=None, max_examples=40)
@given(st.sampled_from([".png", ".jpg", ".bmp", ".webp", ".tif"]), st.data())
def test_damaged_bytes_give_an_image_or_an_image_error(extension: str, draw: st.DataObject) -> None:
    data = bytearray(cv2.imencode(extension, GRAY)[1].tobytes())
    for _ in range(draw.draw(st.integers(1, 4))):
        place = draw.draw(st.integers(0, len(data) - 1))
        data[place] = draw.draw(st.integers(0, 255))
    with contextlib.suppress(ImageError):
        image = decode_image(bytes(data), Limits(pixels=10_000))
        assert image.ndim == 2
        assert image.dtype == np.uint8
