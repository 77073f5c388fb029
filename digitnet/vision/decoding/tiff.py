"""The directories of a TIFF: tags of its pages, and where each page begins."""

import contextlib
import struct

MAX_DIRECTORIES = 100_000
"""Maximum number; real images have fewer."""

_FIRST = 4
"""Position of the offset of the first directory."""

_CODES = {1: "B", 3: "H", 4: "I"}
"""Of the kinds of numbers that are read, as `struct` calls them."""

_ORIENTATION, _SUBFILE_TYPE = 274, 254
_NO_PAGE = 0b101
"""Bits of the subfile type: a smaller version of another page, a mask (TIFF 6.0, page 36)."""


def exif_orientation(block: bytes) -> int:
    """Read the orientation from an EXIF block, which is a small TIFF file.

    Returns:
        1 to 8; 1 where the block is damaged or says nothing.
    """
    try:
        orientation = read_tags(block).get(_ORIENTATION, 1)
    except struct.error:
        return 1
    return orientation if 1 <= orientation <= 8 else 1


def read_tags(block: bytes) -> dict[int, int]:
    """Read the first directory of a TIFF structure.

    Returns:
        Its tags of numbers of 8, 16 or 32 bits, the first number of each, the largest where a tag
        is repeated.

    Raises:
        struct.error: It is cut off.
    """
    order = _byte_order(block)
    (directory,) = struct.unpack_from(order + "I", block, _FIRST)
    (count,) = struct.unpack_from(order + "H", block, directory)
    tags: dict[int, int] = {}
    for position in range(directory + 2, directory + 2 + 12 * count, 12):
        tag, kind, values = struct.unpack_from(order + "HHI", block, position)
        if kind in _CODES and values:
            code, place = order + _CODES[kind], position + 8
            if values * struct.calcsize(code) > 4:
                (place,) = struct.unpack_from(order + "I", block, place)
            with contextlib.suppress(struct.error):
                tags[tag] = max(tags.get(tag, 0), *struct.unpack_from(code, block, place))
    return tags


def page_directories(data: bytes) -> list[int]:
    """Where the directories of the pages begin, in the order in which they are linked.

    Directories behind the first that hold a smaller version of a page, or its mask, are left out.
    The list ends where it leads back into itself or out of the file.
    """
    order = _byte_order(data)
    pages: list[int] = []
    seen: set[int] = set()
    with contextlib.suppress(struct.error):
        (directory,) = struct.unpack_from(order + "I", data, _FIRST)
        while directory and directory not in seen and len(seen) < MAX_DIRECTORIES:
            seen.add(directory)
            (count,) = struct.unpack_from(order + "H", data, directory)
            # Tags ascend, so that this one comes first where it is there.
            tag, _, _, kind = struct.unpack_from(order + "HHII", data, directory + 2)
            if not pages or tag != _SUBFILE_TYPE or not kind & _NO_PAGE:
                pages.append(directory)
            (directory,) = struct.unpack_from(order + "I", data, directory + 2 + 12 * count)
    return pages


def single_page(data: bytes, number: int) -> bytes:
    """Make a TIFF of one page of a TIFF: the file with its first link led to that page alone.

    Args:
        data: The file.
        number: Of the page, from 1.
    """
    order, directory = _byte_order(data), page_directories(data)[number - 1]
    page = bytearray(data)
    struct.pack_into(order + "I", page, _FIRST, directory)
    (count,) = struct.unpack_from(order + "H", page, directory)
    end = directory + 2 + 12 * count
    page[end : end + 4] = bytes(4)
    return bytes(page)


def _byte_order(block: bytes) -> str:
    return "<" if block[:2] == b"II" else ">"
