"""Reads the directories of a TIFF: the tags of its pages, and their positions."""

import contextlib
import struct

MAX_DIRECTORIES = 100_000
"""Maximum number of directories in a file; real images have fewer."""

_FIRST_OFFSET = 4
"""Position of the offset of the first directory."""

_TYPE_CODES = {1: "B", 3: "H", 4: "I"}
"""Format characters of `struct` for the integer types that are read."""

_ORIENTATION, _SUBFILE_TYPE = 274, 254
_NO_PAGE = 0b101
"""Bits of the subfile type: reduced version of another page, mask (TIFF 6.0, page 36)."""


def exif_orientation(block: bytes) -> int:
    """Read the orientation from an EXIF block, which is a small TIFF file.

    Returns:
        1 to 8; 1 if the block is damaged or has no valid orientation.
    """
    try:
        orientation = read_tags(block).get(_ORIENTATION, 1)
    except struct.error:
        return 1
    return orientation if 1 <= orientation <= 8 else 1


def read_tags(block: bytes) -> dict[int, int]:
    """Read the first directory of a TIFF structure.

    Returns:
        The first value of each tag of 8, 16 or 32 bit integers; the largest if a tag is repeated.

    Raises:
        struct.error: the structure is truncated.
    """
    order = _byte_order(block)
    (directory,) = struct.unpack_from(order + "I", block, _FIRST_OFFSET)
    (count,) = struct.unpack_from(order + "H", block, directory)
    tags: dict[int, int] = {}
    for position in range(directory + 2, directory + 2 + 12 * count, 12):
        tag, kind, values = struct.unpack_from(order + "HHI", block, position)
        if kind in _TYPE_CODES and values:
            code, place = order + _TYPE_CODES[kind], position + 8
            if values * struct.calcsize(code) > 4:
                (place,) = struct.unpack_from(order + "I", block, place)
            with contextlib.suppress(struct.error):
                tags[tag] = max(tags.get(tag, 0), *struct.unpack_from(code, block, place))
    return tags


def page_directories(data: bytes) -> list[int]:
    """Return the positions of the pages' directories, in linked order.

    After the first, directories of a reduced version of a page, or of its mask, are skipped. The
    list ends at a loop, or at a link out of the file.
    """
    order = _byte_order(data)
    pages: list[int] = []
    seen: set[int] = set()
    with contextlib.suppress(struct.error):
        (directory,) = struct.unpack_from(order + "I", data, _FIRST_OFFSET)
        while directory and directory not in seen and len(seen) < MAX_DIRECTORIES:
            seen.add(directory)
            (count,) = struct.unpack_from(order + "H", data, directory)
            # Tags are in ascending order, so this one comes first if present.
            tag, _, _, kind = struct.unpack_from(order + "HHII", data, directory + 2)
            if not pages or tag != _SUBFILE_TYPE or not kind & _NO_PAGE:
                pages.append(directory)
            (directory,) = struct.unpack_from(order + "I", data, directory + 2 + 12 * count)
    return pages


def single_page(data: bytes, number: int) -> bytes:
    """Extract one page as a TIFF: the same file, with only that page linked.

    Args:
        data: the file.
        number: the number of the page, from 1.
    """
    order, directory = _byte_order(data), page_directories(data)[number - 1]
    page = bytearray(data)
    struct.pack_into(order + "I", page, _FIRST_OFFSET, directory)
    (count,) = struct.unpack_from(order + "H", page, directory)
    end = directory + 2 + 12 * count
    page[end : end + 4] = bytes(4)
    return bytes(page)


def _byte_order(block: bytes) -> str:
    return "<" if block[:2] == b"II" else ">"
