"""Reads the sizes and the orientation of the images in an AVIF without decoding them.

An AVIF is a tree of boxes (ISO 14496-12). Its items (ISO 23008-12) and tracks contain images coded
in AV1. Sizes are in the container and in the AV1 code. A decoder allocates memory for the size in
the code, and scales the image to that of the container afterwards. In a malicious file, the size in
the container may be small while that in the code is huge.
"""

import itertools
import math
import re
import struct
from collections.abc import Iterator

MAX_PARTS = 100_000
"""Maximum number of boxes, extents or code units; real images have fewer."""

MAX_TABLES = 10
"""Maximum number of item and sample tables. An image has one, a track of an animation up to two."""

MAX_FRAMES = 10
"""Maximum total pixels of all frames, relative to the largest size. An image in tiles, with
transparency and a thumbnail, has three to eight times as many at most."""

Boxes = dict[bytes, list[memoryview]]
"""The contents of a file's boxes, by kind."""

_CONTAINERS = {
    **dict.fromkeys((b"iprp", b"ipco", b"moov", b"trak", b"mdia", b"minf", b"stbl"), 0),
    b"meta": 4,
    b"iinf": 6,
}
"""Boxes that contain boxes, and the number of bytes before the first one."""


def find_sizes(data: bytes) -> list[tuple[int, int]]:
    """Find all sizes that a file declares: of the image, its tiles and its thumbnails.

    Args:
        data: the whole file.

    Returns:
        Widths and heights in pixels; at least one pair.

    Raises:
        ValueError, IndexError, struct.error: the file is truncated or damaged, or has too many
            parts.
    """
    whole = memoryview(data)
    boxes = _find_boxes(whole)
    sizes = [struct.unpack_from(">II", box, 4) for box in boxes.get(b"ispe", [])]
    for box in boxes.get(b"tkhd", []):
        width, height = struct.unpack_from(">II", box, 88 if box[0] else 76)
        sizes.append((width >> 16, height >> 16))  # the lower bits are a fraction of a pixel
    items, samples = boxes.get(b"meta", []), boxes.get(b"stbl", [])
    if len(items) + len(samples) > MAX_TABLES:
        raise ValueError("more tables than a picture has")
    coded = [_first_sample(whole, table) for table in samples]
    for kind, item in itertools.chain.from_iterable(_items(whole, table) for table in items):
        if kind == b"grid":
            sizes.append(struct.unpack_from(">II" if item[1] & 1 else ">HH", item, 4))
        if kind == b"av01":
            coded.append(item)
    pixels = 0
    for number, (code, unit) in enumerate(itertools.chain.from_iterable(map(_units, coded))):
        if number == MAX_PARTS:
            raise ValueError("more units of code than a picture has")
        if code == _SEQUENCE_HEADER:
            sizes.append(_coded_size(_Bits(unit)))
        elif code in _FRAMES:
            pixels += math.prod(sizes[-1])
    if pixels > MAX_FRAMES * max(map(math.prod, sizes)):
        raise ValueError("more frames than a picture has")
    return sizes


def find_orientation(data: bytes) -> int:
    """Find the orientation, as an EXIF value from 1 to 8.

    An AVIF has counterclockwise quarter turns (`irot`), followed by a mirror (`imir`: 0 swaps top
    and bottom, 1 left and right; ISO 23008-12, 6.5.10 and 6.5.12). Those of the first image count:
    transparency and thumbnails have the same orientation.

    Args:
        data: the whole file.

    Raises:
        ValueError, IndexError, struct.error: the file is damaged or has too many parts.
    """
    boxes = _find_boxes(memoryview(data))
    turns, mirrors = boxes.get(b"irot"), boxes.get(b"imir")
    quarters = turns[0][0] & 3 if turns else 0
    return _ORIENTATIONS[mirrors[0][0] & 1 if mirrors else None][quarters]


_ORIENTATIONS = {None: (1, 8, 3, 6), 0: (4, 5, 2, 7), 1: (2, 7, 4, 5)}
"""EXIF orientations by mirror and quarter turns."""


def _find_boxes(whole: memoryview) -> Boxes:
    """Find all boxes at any depth. Anything after a damaged box is ignored."""
    boxes: Boxes = {}
    rests = [whole]
    for _ in range(MAX_PARTS):
        if not rests:
            return boxes
        rest = rests.pop()
        if len(rest) < 8:
            continue
        length, kind = struct.unpack_from(">I4s", rest)
        begin = 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", rest, 8)
            begin = 16
        end = length or len(rest)
        if not begin <= end <= len(rest):
            continue
        box = rest[begin:end]
        boxes.setdefault(kind, []).append(box)
        rests.append(rest[end:])
        if kind in _CONTAINERS:
            wide = kind == b"iinf" and box[0] > 0  # its count has 4 bytes instead of 2
            rests.append(box[_CONTAINERS[kind] + 2 * wide :])
    raise ValueError("more boxes than a picture has")


def _first_sample(whole: memoryview, table: memoryview) -> memoryview:
    """Return the first image of a track, by its sample table (ISO 14496-12, 8.7.3 and 8.7.5)."""
    boxes = _find_boxes(table)
    (sizes,) = boxes.get(b"stsz", [])
    (size,) = struct.unpack_from(">I", sizes, 4)  # of all samples; 0 if they differ
    if not size:
        (size,) = struct.unpack_from(">I", sizes, 12)
    (place,) = (
        struct.unpack_from(form, box, 8)[0]
        for kind, form in ((b"stco", ">I"), (b"co64", ">Q"))
        for box in boxes.get(kind, [])
    )
    return whole[place : place + size]


def _items(whole: memoryview, meta: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Yield the kind and content of each item of a known kind (ISO 14496-12, 8.11.6)."""
    boxes = _find_boxes(meta[4:])
    kinds: dict[int, bytes] = {}
    for box in boxes.get(b"infe", []):
        form = ">I2x4s" if box[0] > 2 else ">H2x4s"
        identity, kind = struct.unpack_from(form, box, 4)
        if kinds.setdefault(identity, kind) != kind:
            raise ValueError("an item of two kinds")
    total = 0
    for identity, pieces in _located_items(whole, boxes):
        total += sum(map(len, pieces))
        if total > 2 * len(whole):
            raise ValueError("items that lie over one another")
        content = pieces[0] if len(pieces) == 1 else memoryview(b"".join(pieces))
        if identity in kinds:
            yield kinds[identity], content


def _located_items(whole: memoryview, boxes: Boxes) -> Iterator[tuple[int, list[memoryview]]]:
    """Yield the ID and the extents of each item (ISO 14496-12, 8.11.3)."""
    if b"iloc" not in boxes:
        return
    (locations,) = boxes[b"iloc"]
    (inner,) = boxes.get(b"idat", [whole[:0]])
    bits = _Bits(locations)
    version, _ = bits.take(8), bits.take(24)
    offset_bits, length_bits, base_bits, index_bits = (8 * bits.take(4) for _ in range(4))
    identity_bits = 16 if version < 2 else 32
    left = MAX_PARTS
    for _ in range(bits.take(identity_bits)):
        identity = bits.take(identity_bits)
        place = inner if version and bits.take(16) & 15 == 1 else whole
        _, base, count = bits.take(16), bits.take(base_bits), bits.take(16)
        left -= 1 + count
        if left < 0:
            raise ValueError("items of more pieces than a picture has")
        pieces = []
        for _ in range(count):
            bits.take(index_bits if version else 0)
            offset, length = base + bits.take(offset_bits), bits.take(length_bits)
            pieces.append(place[offset : offset + length if length else None])
        yield identity, pieces


_SEQUENCE_HEADER, _FRAMES = 1, (3, 6, 7)
_NOT_ZERO = re.compile(rb"[^\0]")


def _units(coded: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield the type and content of each unit (OBU) of AV1 code (AV1 specification, 5.3)."""
    place = 0
    while found := _NOT_ZERO.search(coded, place):  # decoders skip zeros between images
        header, place = found[0][0], found.start() + 1 + bool(found[0][0] & 4)
        length = len(coded) - place
        if header & 2:
            length = 0
            for shift in range(0, 56, 7):
                length |= (coded[place] & 127) << shift
                place += 1
                if coded[place - 1] < 128:
                    break
        yield header >> 3, coded[place : place + length]
        place += length


def _coded_size(bits: "_Bits") -> tuple[int, int]:
    """Read the maximum frame size from a sequence header (AV1 specification, 5.5.1)."""
    bits.take(4)  # profile, still picture
    if bits.take(1):  # reduced header of a still picture
        bits.take(5)
    else:
        _skip_timing(bits)
    width_bits, height_bits = bits.take(4) + 1, bits.take(4) + 1
    return bits.take(width_bits) + 1, bits.take(height_bits) + 1


def _skip_timing(bits: "_Bits") -> None:
    """Skip the fields before the size in a long header: timing and decoder models."""
    delay_bits = 0
    if bits.take(1):
        bits.take(64)
        if bits.take(1):
            bits.take(next((zeros for zeros in range(32) if bits.take(1)), 0))
        if bits.take(1):
            delay_bits = bits.take(5) + 1
            bits.take(42)
    has_display_delay = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:
            bits.take(1)
        if delay_bits and bits.take(1):
            bits.take(2 * delay_bits + 1)
        if has_display_delay and bits.take(1):
            bits.take(4)


class _Bits:
    """Reads consecutive integers of any number of bits, most significant bit first."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._place = 0

    def take(self, count: int) -> int:
        """Read the next integer; raise ValueError at the end of the data."""
        self._place += count
        end = (self._place + 7) // 8
        piece = self._data[(self._place - count) // 8 : end]
        if end > len(self._data):
            raise ValueError("cut off")
        return int.from_bytes(piece) >> 8 * end - self._place & (1 << count) - 1
