"""Headers of image files: format, size, orientation, pages."""

import struct

import cv2
import numpy as np
import pytest
from test_vision_avif import avif

from digitnet.vision.decoding.headers import read_header
from digitnet.vision.decoding.tiff import exif_orientation

PICTURE = np.zeros((48, 64, 3), np.uint8)


def exif(orientation: int, order: str = "<") -> bytes:
    mark = b"II*\0" if order == "<" else b"MM\0*"
    entry = struct.pack(order + "HHIHxx", 274, 3, 1, orientation)
    return mark + struct.pack(order + "IH", 8, 1) + entry + bytes(4)


@pytest.mark.parametrize(
    ("extension", "name"),
    [
        (".png", "PNG"),
        (".jpg", "JPEG"),
        (".bmp", "BMP"),
        (".tif", "TIFF"),
        (".webp", "WebP"),
        (".ppm", "PNM"),
        (".jp2", "JPEG 2000"),
        (".ras", "Sun raster"),
    ],
)
def test_format_and_size_are_read_without_decoding(extension: str, name: str) -> None:
    header = read_header(cv2.imencode(extension, PICTURE)[1].tobytes())
    assert header is not None
    assert (header.format, header.width, header.height) == (name, 64, 48)


def test_sizes_of_hand_made_headers_are_read() -> None:
    gif = b"GIF89a" + struct.pack("<HH", 640, 480)
    pam = b"P7\nWIDTH 640\nHEIGHT 480\nDEPTH 1\n"
    pgm = b"P5 # made by hand\n640 # wide\n480\n255\n"
    lossy = b"RIFF....WEBPVP8 " + bytes(10) + struct.pack("<HH", 640, 480)
    extended = b"RIFF....WEBPVP8X" + bytes(8) + b"\x7f\x02\0\xdf\x01\0"
    codestream = b"\xff\x4f\xff\x51" + bytes(4) + struct.pack(">IIII", 650, 490, 10, 10)
    for data in (avif(size=(640, 480)), gif, pam, pgm, lossy, extended, codestream):
        header = read_header(data)
        assert header is not None
        assert (header.width, header.height) == (640, 480), data[:12]


def test_other_files_have_no_header() -> None:
    assert read_header(b"%!PS-Adobe-3.0") is None
    assert read_header(b"") is None


@pytest.mark.parametrize("extension", [".png", ".jpg", ".bmp", ".tif", ".webp", ".ppm", ".jp2"])
def test_a_truncated_header_does_not_raise(extension: str) -> None:
    data = cv2.imencode(extension, PICTURE)[1].tobytes()
    for end in range(min(len(data), 300)):
        read_header(data[:end])


def test_a_webp_without_an_image_has_no_size() -> None:
    header = read_header(b"RIFF....WEBPXXXX")
    assert header is not None
    assert header.width == 0


@pytest.mark.parametrize("order", ["<", ">"])
def test_exif_orientation_is_read_in_both_byte_orders(order: str) -> None:
    assert exif_orientation(exif(6, order)) == 6


def test_a_damaged_or_invalid_exif_block_means_no_rotation() -> None:
    assert exif_orientation(exif(6)[:12]) == 1
    assert exif_orientation(exif(77)) == 1


def test_orientation_is_found_in_jpeg_png_and_webp() -> None:
    block = exif(8)
    jpeg = cv2.imencode(".jpg", PICTURE)[1].tobytes()
    segment = b"\xff\xe1" + struct.pack(">H", len(block) + 8) + b"Exif\0\0" + block
    png = cv2.imencode(".png", PICTURE)[1].tobytes()
    chunk = struct.pack(">I", len(block)) + b"eXIf" + block + bytes(4)
    webp = b"RIFF....WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + b"\x3f\0\0\x2f\0\0"
    webp += b"EXIF" + struct.pack("<I", len(block)) + block
    scan, end = jpeg.index(b"\xff\xda"), len(png) - 12
    for data in (
        jpeg[:2] + segment + jpeg[2:],
        jpeg[:scan] + segment + jpeg[scan:],
        png[:33] + chunk + png[33:],
        png[:end] + chunk + png[end:],  # after the pixels
        png[:end] + b"\0\0\0\x01IDATx\0\0\0\0" + chunk + png[end:],
        webp,
    ):
        header = read_header(data)
        assert header is not None
        assert header.orientation == 8
        assert (header.width, header.height) == (64, 48)


def test_the_first_of_two_orientations_in_a_png_counts_as_in_libpng() -> None:
    png = cv2.imencode(".png", PICTURE)[1].tobytes()
    for orientation in (3, 6):
        chunk = struct.pack(">I", 26) + b"eXIf" + exif(orientation) + bytes(4)
        png = png[:-12] + chunk + png[-12:]
    header = read_header(png)
    assert header is not None
    assert header.orientation == 3


def test_a_png_may_be_rotated_and_animated() -> None:
    data = animation(".png", 2)
    chunk = struct.pack(">I", 26) + b"eXIf" + exif(6) + bytes(4)
    header = read_header(data[:33] + chunk + data[33:])
    assert header is not None
    assert (header.orientation, header.pages) == (6, 2)


def test_an_animation_chunk_after_the_pixels_of_a_png_is_ignored() -> None:
    """The specification requires it before the pixels, and decoders rely on that."""
    png = cv2.imencode(".png", PICTURE)[1].tobytes()
    header = read_header(png[:-12] + b"\0\0\0\x08acTL\0\0\0\x09" + bytes(8) + png[-12:])
    assert header is not None
    assert header.pages == 1


def animation(extension: str, frames: int) -> bytes:
    moving = cv2.Animation()
    moving.frames = [np.roll(np.eye(64, dtype=np.uint8) * 255, n, axis=1) for n in range(frames)]
    moving.frames = [cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR) for frame in moving.frames]
    moving.durations = [100] * frames
    return cv2.imencodeanimation(extension, moving)[1].tobytes()


@pytest.mark.parametrize("extension", [".gif", ".png", ".webp", ".avif"])
def test_the_frames_of_an_animation_are_counted(extension: str) -> None:
    for frames in (1, 2, 3):
        header = read_header(animation(extension, frames))
        assert header is not None
        known = frames if extension != ".avif" else min(frames, 2)  # only whether there are several
        assert header.pages == known


@pytest.mark.parametrize("order", ["<", ">"])
def test_thumbnails_and_masks_in_a_tiff_are_not_pages(order: str) -> None:
    def tiff(*directories: int) -> bytes:
        """Return a TIFF with directories of one tag, 254: the kind of page."""
        data = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
        for number, kind in enumerate(directories):
            following = len(data) + 18 if number + 1 < len(directories) else 0
            data += struct.pack(order + "HHHIII", 1, 254, 4, 1, kind, following)
        return data

    for kinds, pages in (((0,), 1), ((0, 0), 2), ((0, 1), 1), ((0, 1, 0, 4, 2), 3)):
        data = tiff(*kinds)
        header = read_header(data)
        assert header is not None
        assert header.pages == pages
