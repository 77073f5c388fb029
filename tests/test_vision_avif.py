"""The sizes in an AVIF file: those in its container and those in its AV1 bitstream."""

import io
import struct

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image, ImageOps, features

from digitnet.vision import decode_image
from digitnet.vision.decoding.avif import (
    MAX_FRAMES,
    MAX_PARTS,
    MAX_TABLES,
    find_orientation,
    find_sizes,
)

FRAME = b"\x32\x05coded"
"""An AV1 unit (OBU) of type 6, a frame, with 5 bytes."""


def box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def full_box(kind: bytes, version: int, *parts: bytes) -> bytes:
    return box(kind, bytes([version, 0, 0, 0]), *parts)


def sequence_header(width: int, height: int, before: str = "00011" + "00000") -> bytes:
    """Return a unit of type 1. `before`: the bits before the size, of a reduced or full header."""
    bits = before + f"{15:04b}{15:04b}{width - 1:016b}{height - 1:016b}"
    bits += "0" * (-len(bits) % 8)
    content = int(bits, 2).to_bytes(len(bits) // 8)
    return bytes([0x0A, len(content)]) + content


Item = tuple[bytes, list[bytes]]
"""The type of an item and the extents of its content."""


def avif(
    *items: Item, size: tuple[int, int] = (64, 48), version: int = 0, inner: bool = False
) -> bytes:
    """Return an AVIF whose container gives all items the same size.

    Args:
        items: types and extents; zeros separate the extents in the file.
        size: width and height in the container.
        version: version of the boxes: 0, or 2 with 32-bit item numbers and 64-bit offsets.
        inner: whether the content is in the `meta` box itself (`idat`), not in `mdat`.
    """
    identity = ">I" if version else ">H"
    content, placed, entries = bytearray(), [], []
    for number, (kind, pieces) in enumerate(items, start=1):
        extents = []
        for piece in pieces:
            content += bytes(9)
            extents.append((len(content), len(piece)))
            content += piece
        placed.append(extents)
        name = struct.pack(identity + "H4s", number, 0, kind) + b"\0"
        entries.append(full_box(b"infe", 3 if version else 2, name))

    def locations(begin: int) -> bytes:
        lines = [struct.pack(identity, len(items))]
        for number, extents in enumerate(placed, start=1):
            lines.append(struct.pack(identity, number))
            if version:
                lines.append(struct.pack(">H", 1 if inner else 0))
            base = struct.pack(">Q", begin) if version else b""
            lines.append(struct.pack(">H", 0) + base + struct.pack(">H", len(extents)))
            for offset, length in extents:
                if version:
                    lines.append(struct.pack(">BQQ", 0, offset, length))
                else:
                    lines.append(struct.pack(">II", begin + offset, length))
        widths = b"\x88\x81" if version else b"\x44\x00"
        return full_box(b"iloc", version, widths, *lines)

    counted = full_box(b"iinf", version, struct.pack(identity, len(items)), *entries)
    property_ = full_box(b"ispe", 0, struct.pack(">II", *size))
    rest = counted + box(b"iprp", box(b"ipco", property_))
    if inner:
        rest += box(b"idat", bytes(content))
    begin = box(b"ftyp", b"avif", bytes(4))
    first = len(begin) + len(full_box(b"meta", 0, locations(0), rest)) + 16
    listed = full_box(b"meta", 0, locations(0 if inner else first), rest)
    large = struct.pack(">I4sQ", 1, b"mdat", 16 + len(content))  # 64-bit length
    return begin + listed + large + bytes(content)


def animation(coded: bytes, size: tuple[int, int] = (64, 48), version: int = 0) -> bytes:
    """Return an animated AVIF of one track; version 0 lists sample sizes, 1 has one for all."""
    begin = box(b"ftyp", b"avis", bytes(4)) + box(b"mdat", coded)
    place = len(begin) - len(coded)
    header = bytes(84 if version else 72) + struct.pack(">II", size[0] << 16, size[1] << 16)
    sizes = (
        struct.pack(">III", 0, 1, len(coded)) if not version else struct.pack(">II", len(coded), 1)
    )
    chunks = (
        full_box(b"co64", 0, struct.pack(">IQ", 1, place))
        if version
        else full_box(b"stco", 0, struct.pack(">II", 1, place))
    )
    table = box(b"stbl", full_box(b"stsz", 0, sizes), chunks)
    media = box(b"mdia", box(b"minf", table))
    return begin + box(b"moov", box(b"trak", full_box(b"tkhd", version, header), media))


CODED = sequence_header(5000, 4000) + FRAME


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_an_ordinary_image_has_the_same_size_everywhere(channels: int) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (48, 64, channels), np.uint8)
    sizes = find_sizes(cv2.imencode(".avif", picture)[1].tobytes())
    assert set(sizes) == {(64, 48)}
    assert len(sizes) >= 2


def test_an_ordinary_animation_has_the_same_size_everywhere() -> None:
    moving = cv2.Animation()
    moving.frames = [np.full((48, 64, 3), level, np.uint8) for level in range(0, 250, 10)]
    moving.durations = [100] * len(moving.frames)
    sizes = find_sizes(cv2.imencodeanimation(".avif", moving)[1].tobytes())
    assert set(sizes) == {(64, 48)}
    assert len(sizes) == 4  # of the still image and of the track, in container and bitstream


@pytest.mark.parametrize(("version", "inner"), [(0, False), (2, False), (2, True)])
def test_the_size_in_the_bitstream_is_found_wherever_an_item_is_stored(
    version: int, inner: bool
) -> None:
    pieces = [CODED[:1], CODED[1:7], CODED[7:]]
    data = avif((b"Exif", [b"II*\0"]), (b"av01", pieces), version=version, inner=inner)
    assert find_sizes(data) == [(64, 48), (5000, 4000)]


@pytest.mark.parametrize("version", [0, 1])
def test_the_size_in_the_bitstream_of_a_track_is_found(version: int) -> None:
    assert find_sizes(animation(CODED, version=version)) == [(64, 48), (5000, 4000)]


@pytest.mark.parametrize(("form", "flags"), [(">HH", 0), (">II", 1)])
def test_the_size_of_an_image_grid_is_found(form: str, flags: int) -> None:
    grid = bytes([0, flags, 0, 0]) + struct.pack(form, 5000, 4000)
    assert (5000, 4000) in find_sizes(avif((b"grid", [grid]), (b"av01", [FRAME])))


POINT = "0" * 12 + "01000" + "1"
"""An operating point: 12 bits for its layers, 5 for its level, and a tier bit above level 7."""


@pytest.mark.parametrize(
    "before",
    [
        "0000" + "0" + "0" + "0" + "00000" + "0" * 12 + "00111",
        # timing of 64 bits, an interval of variable length, a decoder model with 10-bit delays
        "0000" + "0" + "1" + "1" * 64 + "1" + "00101" + "1" + "01001" + "1" * 42
        + "1" + "00001" + 2 * (POINT + "1" + "1" * 21 + "1" + "1010"),
    ],
    ids=["short", "with clocks"],
)  # fmt: skip
def test_the_size_in_a_full_header_is_found(before: str) -> None:
    coded = sequence_header(5000, 4000, before)
    assert find_sizes(avif((b"av01", [coded])))[-1] == (5000, 4000)


def test_a_header_after_zeros_and_other_units_is_found() -> None:
    extended = b"\x7e\0\x81\0x"  # padding with an extension byte and a two-byte length
    for before in (b"\x12\0", bytes(999), extended, sequence_header(64, 48) + FRAME):
        assert (5000, 4000) in find_sizes(avif((b"av01", [before + CODED])))


def test_a_header_without_a_length_extends_to_the_end() -> None:
    bare = b"\x08" + sequence_header(5000, 4000)[2:]
    assert (5000, 4000) in find_sizes(avif((b"av01", [bare])))


def test_too_many_frames_are_refused() -> None:
    find_sizes(avif((b"av01", [CODED + FRAME * (MAX_FRAMES - 1)])))
    with pytest.raises(ValueError, match="more frames"):
        find_sizes(avif((b"av01", [CODED + FRAME * MAX_FRAMES])))
    tiles = [(b"av01", [CODED])] * (MAX_FRAMES + 1)
    with pytest.raises(ValueError, match="more frames"):
        find_sizes(avif(*tiles))


TWO = avif((b"av01", [CODED]), (b"Exif", [b"II*\0"]))


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (avif((b"av01", [b"\x12\0" * MAX_PARTS + CODED])), "more units of code"),
        (avif(*[(b"av01", [b"x"] * 60_000)] * 2), "items of more pieces"),
        (avif() + box(b"free") * MAX_PARTS, "more boxes"),
        (avif() + full_box(b"meta", 0) * MAX_TABLES, "more tables"),
        # without a length, an item extends to the end of the file
        (avif(*[(b"av01", [b""])] * 3, (b"av01", [bytes(9999)])), "over one another"),
        (TWO.replace(b"\0\2\0\0Exif", b"\0\1\0\0Exif"), "an item of two kinds"),
    ],
)
def test_too_many_or_overlapping_parts_are_refused(data: bytes, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        find_sizes(data)


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow writes no AVIF")
@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_image_is_rotated_as_in_pillow(orientation: int) -> None:
    """Pillow writes the orientation as AVIF properties, and rotates by EXIF when it reads."""
    picture = np.full((40, 64), 255, np.uint8)
    picture[5:15, 8:30] = 0
    picture[20:36, 40:46] = 90
    exif, buffer = Image.Exif(), io.BytesIO()
    exif[ExifTags.Base.Orientation] = orientation
    Image.fromarray(picture).convert("RGB").save(buffer, "AVIF", exif=exif, quality=100)
    expected = ImageOps.exif_transpose(Image.open(buffer)).convert("L")
    assert find_orientation(buffer.getvalue()) == orientation
    assert np.array_equal(decode_image(buffer.getvalue()), np.asarray(expected))


@pytest.mark.parametrize(
    ("quarters", "mirror", "like"), [(2, 0, 2), (0, 1, 2), (1, 1, 7), (3, 1, 5)]
)
def test_rotation_and_mirroring_combine_into_one_orientation(
    quarters: int, mirror: int, like: int
) -> None:
    properties = box(b"irot", bytes([quarters])) + box(b"imir", bytes([mirror]))
    data = box(b"ftyp", b"avif") + full_box(b"meta", 0, box(b"iprp", box(b"ipco", properties)))
    assert find_orientation(data) == like
