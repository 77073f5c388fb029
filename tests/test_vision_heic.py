"""HEIC, the photo format of phones."""

import base64
import struct
import sys

import pytest

from digitnet.errors import ImageError
from digitnet.vision import Limits, decode_image

PHOTO = base64.b64decode(
    """
AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAX1tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAA
AAAAACJpbG9jAAAAAERAAAEAAQAAAAABoQABAAAAAAAAAJgAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAA
AA5waXRtAAAAAAABAAAA/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNw
AAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFz
wIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAAEAAAAABAAAAMAAAAAEAAAAAAAAA
Av////AAAAACAAAAEHBpeGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAAKBtZGF0AAAAlCgBrxOA5fxPLe05
uexkAI/9KbbqSJ+5r0hnUbiaILU/TFGFW3FwhJSYwkH6BpVWnPuVjyVI7tSoXDGgnqRi2n///+mVzdCfy/drL6CcZ/26x4hF
1pazO9ON6xf9Toa5uC2Mdx9ZzsqbmMMN4pqn2Wv6F3EP1dmaYO48Kvjv7b379VoMPLYQ8HzRSW2UxiyFoIDY2Z8=
"""
)
"""A blue 7, 64 x 48, encoded by pillow-heif 1.8.1 at quality 50, as pi-heif has no encoder."""


def failure(data: bytes) -> str:
    with pytest.raises(ImageError) as error:
        decode_image(data)
    return str(error.value)


def test_a_heic_photo_is_read() -> None:
    pytest.importorskip("pi_heif")
    gray = decode_image(PHOTO)
    assert gray.shape == (48, 64)
    assert int(gray[4, 4]) - int(gray[20, 31]) > 150
    assert int(gray[4, 4]) - int(gray[11, 45]) > 150


def test_without_the_extra_an_error_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    assert failure(PHOTO).startswith("HEIC images need pi-heif: pip install ")


def test_too_large_a_heic_photo_is_refused_by_its_header() -> None:
    pytest.importorskip("pi_heif")
    place = PHOTO.index(b"ispe") + 8
    large = PHOTO[:place] + struct.pack(">II", 30_000, 30_000) + PHOTO[place + 8 :]
    assert failure(large).startswith("too large: 30000 x 30000 pixels")
    with pytest.raises(ImageError, match="too large: 64 x 64 pixels"):
        decode_image(PHOTO, Limits(pixels=64 * 64))


@pytest.mark.parametrize("length", [20, 100, 300, len(PHOTO) - 50])
def test_a_truncated_heic_photo_is_reported_on_one_line(length: int) -> None:
    pytest.importorskip("pi_heif")
    assert failure(PHOTO[:length]) == "a damaged HEIC image: copy or download it again"
