"""Image sources: bytes, open files, Pillow images, and arrays of any type."""

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow

from digitnet.errors import ImageError
from digitnet.vision import Limits
from digitnet.vision.decoding.sources import check_several, take, to_gray_pixels

LIMITS = Limits()
GRAY = np.arange(12 * 16, dtype=np.uint8).reshape(12, 16)
PNG = cv2.imencode(".png", GRAY)[1].tobytes()


def pixels_of(image: Pillow.Image) -> NDArray[np.uint8]:
    pixels = take(image, LIMITS)
    assert isinstance(pixels, np.ndarray)
    return to_gray_pixels(pixels)


@pytest.mark.parametrize("kind", [bytearray, memoryview, io.BytesIO])
def test_bytes_like_objects_and_open_files_are_read(kind: Any) -> None:
    assert take(kind(PNG), LIMITS) == PNG


def test_later_changes_to_a_buffer_have_no_effect() -> None:
    buffer = bytearray(PNG)
    taken = take(buffer, LIMITS)
    buffer[:] = bytes(len(buffer))
    assert taken == PNG


def test_an_open_file_is_read_in_pieces_to_its_end() -> None:
    class Slow(io.RawIOBase):
        rest = PNG

        def read(self, size: int = -1, /) -> bytes:
            piece, self.rest = self.rest[: min(size, 10)], self.rest[min(size, 10) :]
            return piece

    assert take(Slow(), LIMITS) == PNG


def test_an_endless_file_is_read_up_to_the_limit() -> None:
    class Endless(io.RawIOBase):
        def read(self, size: int = -1, /) -> bytes:
            return b"\0" * min(size, 1000)

    taken = take(Endless(), Limits(bytes=5000))
    assert isinstance(taken, bytes)
    assert len(taken) == 5001


def test_a_file_at_its_end_or_closed_is_refused() -> None:
    file = io.BytesIO(PNG)
    file.read()
    with pytest.raises(ImageError, match=r"its position is at the end: call seek\(0\) first"):
        take(file, LIMITS)
    file.close()
    with pytest.raises(ImageError, match=r"cannot be read: .*closed file"):
        take(file, LIMITS)


def test_a_file_opened_in_text_mode_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    with (tmp_path / "a.png").open() as file, pytest.raises(TypeError, match="binary mode, 'rb'"):
        take(file, LIMITS)


@pytest.mark.parametrize("image", [3, None, [[0, 255]], {"path": "a.png"}])
def test_an_image_of_another_type_is_a_type_error(image: Any) -> None:
    with pytest.raises(
        TypeError, match=r"^expected an image \(a path, bytes, .* Pillow image\), received "
    ):
        take(image, LIMITS)


@pytest.mark.parametrize(
    "pixels",
    [
        GRAY[:, :, None],
        GRAY.astype(np.int64),
        GRAY.astype(">u2"),
        GRAY.astype(np.uint16) * 257,
        GRAY.astype(np.int32) * 257,
        GRAY.astype(np.float64),
        GRAY.astype(np.float32) / 255,
        GRAY / 255 + 1e-9,
        np.dstack([GRAY] * 3) / 255,
        np.asfortranarray(GRAY),
    ],
)
def test_pixels_of_any_type_give_the_same_image(pixels: NDArray[Any]) -> None:
    np.testing.assert_array_equal(to_gray_pixels(pixels), GRAY)


def test_true_pixels_of_a_mask_are_white() -> None:
    mask = GRAY > 100
    np.testing.assert_array_equal(to_gray_pixels(mask), np.where(mask, 255, 0))


@pytest.mark.parametrize(
    ("pixels", "received"),
    [
        (np.zeros((28, 28, 2), np.uint8), r"uint8 \(28, 28, 2\)"),
        (np.zeros((3, 28, 28), np.uint8), r"uint8 \(3, 28, 28\)"),
        (np.zeros(784, np.uint8), r"uint8 \(784,\)"),
        (np.zeros((28, 28), complex), "complex128"),
        (np.array([["a", "b"]]), "<U1"),
        (np.full((2, 2), -1), "from -1 to -1"),
        (np.full((2, 2), 65536), "from 65536 to 65536"),
        (np.full((2, 2), np.nan), "from nan to nan"),
        (np.full((2, 2), np.inf), "from inf to inf"),
        (np.array([[0, 1.5]]), "from 0 to 1.5"),
        (np.array([[-0.5, 0.5]]), "from -0.5 to 0.5"),
        (np.array([[0, 300.0]]), "from 0 to 300"),
    ],
)
def test_an_array_that_is_not_an_image_is_refused(pixels: NDArray[Any], received: str) -> None:
    with pytest.raises(
        ImageError,
        match=rf"^an array of .*{received}.* is not an image: expected "
        rf"\(H",
    ):
        to_gray_pixels(pixels)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "I", "I;16", "F"])
def test_a_pillow_image_of_any_mode_is_read(mode: str) -> None:
    levels = np.where(GRAY > 100, np.uint8(255), np.uint8(0))
    image = Pillow.fromarray(levels)
    image = (
        Pillow.fromarray(levels.astype(np.uint16) * 257) if "16" in mode else image.convert(mode)
    )
    assert image.mode == mode
    np.testing.assert_array_equal(pixels_of(image), levels)


def test_a_palette_with_transparency_keeps_its_ink() -> None:
    image = Pillow.new("P", (20, 20), 0)
    image.putpalette([0, 0, 0, 0, 0, 0])
    image.paste(1, (5, 5, 10, 15))
    image.info["transparency"] = 0
    assert np.unique(pixels_of(image)).tolist() == [0, 255]


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_a_pillow_image_is_rotated_by_its_exif_orientation(format: str) -> None:
    exif = Pillow.Exif()
    exif[274] = 6
    file = io.BytesIO()
    Pillow.fromarray(GRAY).save(file, format, exif=exif)
    file.seek(0)
    with Pillow.open(file) as image:
        assert pixels_of(image).shape == (16, 12)


def test_a_truncated_pillow_image_is_refused() -> None:
    file = io.BytesIO(PNG[:60])
    with (
        Pillow.open(file) as image,
        pytest.raises(ImageError, match=r"^the Pillow image cannot be"),
    ):
        take(image, LIMITS)


def test_the_limits_apply_to_pillow_images() -> None:
    with pytest.raises(ImageError, match=r"too large: 16 x 12 pixels \(limit: 100 pixels\);"):
        take(Pillow.fromarray(GRAY), Limits(pixels=100))


@pytest.mark.parametrize(
    "one",
    [
        "a.png",
        Path("a.png"),
        PNG,
        bytearray(PNG),
        io.BytesIO(PNG),
        GRAY,
        np.zeros((28, 28, 3), np.uint8),
        Pillow.fromarray(GRAY),
    ],
)
def test_a_single_image_is_refused_where_several_are_expected(one: Any) -> None:
    with pytest.raises(
        TypeError,
        match=r"^expected a list of images, received a single .*: pass a list, or call predict$",
    ):
        check_several(one)


def test_an_array_of_images_counts_as_several() -> None:
    check_several(np.zeros((5, 28, 28), np.uint8))
