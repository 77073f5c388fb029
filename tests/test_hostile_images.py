"""Image files that are made to crash, hang or exhaust memory are refused."""

import io
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from test_vision_avif import CODED, animation, avif, box
from test_vision_decode import chunk, failure, png

from digitnet.errors import ImageError
from digitnet.vision import decode_image
from digitnet.vision.decoding.headers import MAX_PARTS
from digitnet.vision.decoding.limits import MAX_SCANS, MAX_SIDE

SIGNATURE = b"\x89PNG\r\n\x1a\n"
END = chunk(b"IEND", b"")
MEBIBYTE = 2**20

Entry = tuple[int, int, int]
"""An entry of a TIFF: the tag, its type (3: 16 bits, 4: 32 bits) and its value."""


def png_header(width: int, height: int, depth: int = 8, colour: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))


def png_bomb(width: int, height: int) -> bytes:
    """Build a black PNG whose file is a thousand times smaller than its pixels."""
    packer = zlib.compressobj(9)
    rows = [packer.compress(bytes(width + 1)) for _ in range(height)]
    body = b"".join(rows) + packer.flush()
    return SIGNATURE + png_header(width, height) + chunk(b"IDAT", body) + END


def tiff(entries: list[Entry], content: bytes = b"") -> bytes:
    """Build a deflated TIFF of 8-bit gray in one strip or tile."""
    tags = [(258, 3, 8), (259, 3, 8), (262, 3, 1), (277, 3, 1), *entries]
    tiled = any(tag == 322 for tag, *_ in entries)
    place = 8 + 2 + 12 * (len(tags) + 2) + 4
    tags += [(324 if tiled else 273, 4, place), (325 if tiled else 279, 4, len(content))]
    directory = b"".join(
        struct.pack("<HHI", tag, kind, 1) + struct.pack("<I" if kind == 4 else "<Hxx", value)
        for tag, kind, value in sorted(tags, key=lambda entry: entry[0])
    )
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + directory + bytes(4) + content


def progressive(side: int, scans: int) -> bytes:
    """Build a white progressive JPEG of `scans` scans, by repeating the last one."""
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), "white").save(buffer, "JPEG", progressive=True)
    data = buffer.getvalue()
    begin, end = data.rfind(b"\xff\xda"), data.rfind(b"\xff\xd9")
    return data[:end] + data[begin:end] * (scans - data.count(b"\xff\xda")) + data[end:]


def enlarged(jpeg: bytes, side: int) -> bytes:
    """Let the header of a progressive JPEG claim `side` x `side` pixels."""
    place = jpeg.find(b"\xff\xc2") + 5
    return jpeg[:place] + struct.pack(">HH", side, side) + jpeg[place + 4 :]


def damaged_at_its_end(width: int, height: int) -> bytes:
    """Build a PNG of four 16-bit channels whose last row has an invalid filter type."""
    packer = zlib.compressobj(1)
    row = bytes(range(256)) * (width * 8 // 256 + 1)
    body = packer.compress((b"\0" + row[: width * 8]) * (height - 1))
    body += packer.compress(b"\x09" + row[: width * 8]) + packer.flush()
    return SIGNATURE + png_header(width, height, 16, 6) + chunk(b"IDAT", body) + END


def jpeg2000(width: int, height: int) -> bytes:
    """Build a JPEG 2000 whose box says 10 x 10, but whose code stream has the given size."""
    data = cv2.imencode(".jp2", np.zeros((32, 32, 3), np.uint8))[1].tobytes()
    box, stream = data.find(b"ihdr") + 4, data.find(b"\xff\x4f\xff\x51") + 8
    data = data[:box] + struct.pack(">II", 10, 10) + data[box + 8 :]
    return data[:stream] + struct.pack(">II", width, height) + data[stream + 8 :]


def shrunk(side: int) -> bytes:
    """Build a black AVIF of `side` x `side` pixels whose container says 10 x 10."""
    data = cv2.imencode(".avif", np.zeros((side, side), np.uint8), [cv2.IMWRITE_AVIF_SPEED, 10])[1]
    told = b"ispe" + struct.pack(">III", 0, side, side)
    assert told in data.tobytes()
    return data.tobytes().replace(told, b"ispe" + struct.pack(">III", 0, 10, 10))


BOMBS: dict[str, Callable[[], bytes]] = {
    "a PNG of 60,000 x 60,000": lambda: SIGNATURE + png_header(60_000, 60_000) + END,
    "a PNG of a billion pixels, whole": lambda: png_bomb(20_000, 20_000),
    "a PNG that says 10 x 10 first": lambda: (
        SIGNATURE + chunk(b"juNk", png_header(10, 10)[8:-4]) + png_bomb(20_000, 20_000)[8:]
    ),
    "a PNG of millions of chunks": lambda: (
        SIGNATURE + png_header(10, 10) + chunk(b"juNk", b"") * 3_000_000
    ),
    "a PNG that is damaged at its end": lambda: damaged_at_its_end(6_000, 4_000),
    "a strip of a million pixels": lambda: SIGNATURE + png_header(1_000_000, 1) + END,
    "a JPEG that hides its size": lambda: (
        b"\xff\xd8\xff\x01\xff\xc0\0\x11\x08\xea\x60\xea\x60\x03"
        + bytes(9)
        + b"\xff\xda\0\x0c\x03"
        + bytes(99)
    ),
    "a JPEG of a thousand scans": lambda: progressive(1_000, 1_000),
    "a JPEG of several scans and 50 million pixels": lambda: enlarged(progressive(64, 12), 7_000),
    "a JPEG of fill bytes": lambda: b"\xff\xd8" + b"\xff" * (49 * MEBIBYTE),
    "a JPEG of millions of segments": lambda: b"\xff\xd8" + b"\xff\xfe\0\x02" * 12_000_000,
    "a GIF of millions of blocks": lambda: (
        b"GIF89a" + struct.pack("<HH", 5, 5) + bytes(3) + b"\x21\xfe" + b"\x01a" * 20_000_000
    ),
    "a GIF of 60,000 x 60,000": lambda: b"GIF89a" + struct.pack("<HH", 60_000, 60_000) + bytes(50),
    "a WebP of millions of chunks": lambda: (
        b"RIFF....WEBPVP8X" + struct.pack("<I", 10) + bytes(10) + b"junk\0\0\0\0" * 6_000_000
    ),
    "a WebP of 16,384 x 16,384": lambda: b"RIFF....WEBPVP8L" + bytes(5) + b"\xff" * 4 + bytes(50),
    "a TIFF of two widths": lambda: tiff(
        [(256, 4, 20_000), (256, 3, 10), (257, 4, 20_000), (257, 3, 10)], zlib.compress(bytes(99))
    ),
    "a TIFF with a giant tile": lambda: tiff(
        [(256, 4, 99), (257, 4, 99), (322, 4, 16_384), (323, 4, 16_384)],
        zlib.compress(bytes(2**28), 9),
    ),
    "a TIFF of 60,000 samples": lambda: tiff([(256, 4, 999), (257, 4, 999), (277, 3, 60_000)]),
    "a TIFF of a loop of pages": lambda: tiff([(256, 4, 9), (257, 4, 9)])[:-4] + b"\x08\0\0\0",
    "a PNM with its size in a comment": lambda: b"P5 #\r20000 20000 255 #\n 5 5 255\n" + bytes(999),
    "a PAM of two widths": lambda: (
        b"P7\nWIDTH 60000\nWIDTH 9\nHEIGHT 60000\nDEPTH 1\nMAXVAL 255\nENDHDR\n" + bytes(999)
    ),
    "a BMP of two billion rows": lambda: (
        b"BM" + bytes(12) + struct.pack("<IiiHHI", 40, 9, -(2**31), 1, 24, 0) + bytes(99)
    ),
    "a JPEG 2000 of two sizes": lambda: jpeg2000(60_000, 60_000),
    "an AVIF coded larger than it says": lambda: shrunk(6_000),
    "a moving AVIF coded larger than it says": lambda: animation(CODED),
    "an AVIF of millions of boxes": lambda: avif() + box(b"ispe", bytes(12)) * 2_000_000,
    "an AVIF of millions of units": lambda: avif((b"av01", [CODED + b"\x12\0" * 20_000_000])),
    "an AVIF of zeros": lambda: avif((b"av01", [bytes(49 * MEBIBYTE)])),
    "a Sun raster of 60,000 x 60,000": lambda: (
        b"\x59\xa6\x6a\x95" + struct.pack(">7I", 60_000, 60_000, 8, 0, 1, 0, 0) + bytes(99)
    ),
    "a file of 60 MB": lambda: png(np.zeros((9, 9), np.uint8)) + bytes(60 * MEBIBYTE),
}


DECEIVING = {
    "a JPEG that hides its size",
    "a JPEG of several scans and 50 million pixels",
    "a TIFF of two widths",
    "a TIFF with a giant tile",
    "a PNM with its size in a comment",
    "a PAM of two widths",
    "a JPEG 2000 of two sizes",
    "an AVIF coded larger than it says",
    "a moving AVIF coded larger than it says",
}
"""Files that must be refused for their true size, and not for some damage."""


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused(name: str) -> None:
    reason = failure(BOMBS[name]())
    assert name not in DECEIVING or reason.startswith("too large: ")


MEASURE = """
import sys
from digitnet.errors import ImageError
from digitnet.vision import decode_image

def memory(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith(name))

idle = memory("VmRSS")
for path in sys.argv[1:]:
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # forget the peak
    try:
        decode_image(path)
    except ImageError:
        print(memory("VmHWM") - idle)
"""


@pytest.mark.slow
@pytest.mark.skipif(
    not os.access("/proc/self/clear_refs", os.W_OK), reason="needs Linux to tell a peak of memory"
)
def test_refusing_an_image_takes_at_most_300_mib(tmp_path: Path) -> None:
    paths = [tmp_path / str(number) for number in range(len(BOMBS))]
    for path, make in zip(paths, BOMBS.values(), strict=True):
        path.write_bytes(make())
    command = [sys.executable, "-c", MEASURE, *map(str, paths)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    peaks = dict(zip(BOMBS, map(int, ran.stdout.split()), strict=True))
    assert max(peaks.values()) <= 300, peaks


def test_photos_from_cameras_are_within_the_limits() -> None:
    for width, height in ((4032, 3024), (8160, 6120)):
        begin = b"\xff\xd8\xff\xc0\0\x11\x08" + struct.pack(">HH", height, width)
        data = begin + b"\x03\x01\x22\0\x02\x11\1\x03\x11\1\xff\xda\0\x0c\x03" + bytes(99)
        assert "cannot be decoded" in failure(data) or decode_image(data).shape == (height, width)


def test_deeper_pixels_count_as_more_pixels() -> None:
    shallow, deep = (
        SIGNATURE + png_header(7_000, 7_000, depth, 6) + chunk(b"IDAT", b"") + END
        for depth in (8, 16)
    )
    assert "cannot be decoded" in failure(shallow)
    assert "7000 x 7000 pixels at 8 bytes each (limit: 50,000,000 pixels at" in failure(deep)


def test_a_photo_with_a_usual_number_of_scans_is_read() -> None:
    assert decode_image(progressive(200, 20)).shape == (200, 200)
    assert f"(limit: {MAX_SCANS})" in failure(progressive(200, MAX_SCANS + 1))


def test_an_image_with_the_longest_side_of_jpeg_is_read() -> None:
    assert decode_image(png(np.zeros((1, MAX_SIDE), np.uint8))).shape == (1, MAX_SIDE)
    assert "(maximum side: 65,535)" in failure(png(np.zeros((1, MAX_SIDE + 1), np.uint8)))


def test_unknown_chunks_of_a_png_are_skipped_up_to_a_limit() -> None:
    data = png(np.full((9, 9), 200, np.uint8))
    assert decode_image(data[:33] + chunk(b"juNk", b"x") * 99 + data[33:]).shape == (9, 9)
    spam = data[:33] + chunk(b"juNk", b"") * MAX_PARTS + data[33:]
    assert f"more than {MAX_PARTS:,} chunks" in failure(spam)


def test_nan_and_infinite_pixels_are_read_without_a_warning() -> None:
    picture = np.full((9, 9), np.nan, np.float32)
    picture[:4] = (0, 1, np.inf) * 3
    assert decode_image(cv2.imencode(".tiff", picture)[1].tobytes()).shape == (9, 9)


def test_compositing_a_transparent_image_in_pieces_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = png(np.random.default_rng(0).integers(0, 256, (50, 40, 4), np.uint8))
    whole = decode_image(data)
    monkeypatch.setattr("digitnet.vision.decoding.colour.COMPOSITED_ROWS", 7)
    np.testing.assert_array_equal(decode_image(data), whole)


def test_running_out_of_memory_is_an_image_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("digitnet.vision.decoding.decode.to_gray", none)
    with pytest.raises(ImageError, match="not enough memory for 9 x 9 pixels"):
        decode_image(png(np.zeros((9, 9), np.uint8)))
