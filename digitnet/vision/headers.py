"""What an image file says about itself before a pixel of it is decoded.

A few bytes tell the format, the size and how a camera was held. So an image that is too large is
refused before memory is taken for it (a "decompression bomb" of some kilobytes can decode to
gigabytes), and a file that is no image is named as such. Only what OpenCV decodes is known here.
"""

import contextlib
import re
import struct
from dataclasses import dataclass


@dataclass(frozen=True)
class Header:
    """What the first bytes of an image file say.

    Attributes:
        format: The format's common name, "PNG".
        width: Pixels in a row as stored, before `orientation` is applied. 0: could not be read.
        height: Rows as stored.
        orientation: EXIF 2.32, tag 274: 1 as stored, 2-8 mirrored or turned.
        more: There are further frames or pages behind the first.
    """

    format: str
    width: int
    height: int
    orientation: int = 1
    more: bool = False


def read_header(data: bytes) -> Header | None:
    """Tell format, size and orientation of an encoded image.

    Args:
        data: The whole file, or at least its beginning.

    Returns:
        The header, with a size of 0 x 0 where it is cut off or damaged; None if the bytes do not
        begin like an image.
    """
    for signature, reader in _READERS:
        if signature.match(data):
            try:
                return reader(data)
            except (struct.error, IndexError, ValueError):
                return Header("damaged image", 0, 0)
    return None


def _png(data: bytes) -> Header:
    """PNG specification (W3C, third edition), sections 5.3 and 11.2.1; eXIf and acTL in 11.3."""
    width, height = struct.unpack_from(">II", data, 16)
    orientation, more, position = 1, False, 8
    while position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        if kind == b"eXIf":
            orientation = exif_orientation(data[position + 8 : position + 8 + length])
        if kind == b"acTL":
            more = struct.unpack_from(">I", data, position + 8)[0] > 1
        if kind in (b"IDAT", b"IEND"):
            break
        position += 12 + length
    return Header("PNG", width, height, orientation, more)


def _jpeg(data: bytes) -> Header:
    """ITU-T T.81, annex B: segments up to the frame header; EXIF travels in an APP1 segment."""
    orientation, position = 1, 2
    while True:
        while data[position] == 0xFF:
            position += 1
        marker = data[position]
        (length,) = struct.unpack_from(">H", data, position + 1)
        if marker == 0xE1 and data[position + 3 : position + 9] == b"Exif\0\0":
            orientation = exif_orientation(data[position + 9 : position + 1 + length])
        # Frame headers are C0-CF but for the tables C4 (Huffman), C8 (reserved), CC (arithmetic).
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, position + 4)
            return Header("JPEG", width, height, orientation)
        position += 1 + length
        if data[position] != 0xFF:
            raise ValueError("no marker where a segment ends")


def _gif(data: bytes) -> Header:
    """GIF89a, sections 17-26: blocks, of which each image descriptor begins a frame."""
    width, height = struct.unpack_from("<HH", data, 6)
    frames, position = 0, 13 + _gif_colours(data[10:11])
    while frames < 2 and position < len(data) and data[position] in (0x21, 0x2C):
        if data[position] == 0x2C:
            frames += 1
            position += 11 + _gif_colours(data[position + 9 : position + 10])
        else:
            position += 2
        while position < len(data) and data[position]:  # sub-blocks up to an empty one
            position += 1 + data[position]
        position += 1
    return Header("GIF", width, height, more=frames > 1)


def _gif_colours(packed: bytes) -> int:
    """Bytes of the colour table that a packed field announces."""
    return 3 << (packed[0] & 7) + 1 if packed and packed[0] & 0x80 else 0


def _bmp(data: bytes) -> Header:
    (size,) = struct.unpack_from("<I", data, 14)
    width, height = struct.unpack_from("<HH" if size == 12 else "<ii", data, 18)
    return Header("BMP", abs(width), abs(height))  # a negative height: rows from the top


def _webp(data: bytes) -> Header:
    """RFC 9649: one of three kinds of first chunk; EXIF is a chunk of its own."""
    kind = data[12:16]
    if kind == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
        return Header("WebP", width, height)
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return Header("WebP", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind != b"VP8X":
        raise ValueError("no picture chunk")
    width = int.from_bytes(data[24:27], "little") + 1
    height = int.from_bytes(data[27:30], "little") + 1
    orientation, position = 1, 12
    while position + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, position)
        if name == b"EXIF":
            block = data[position + 8 : position + 8 + length]
            orientation = exif_orientation(block.removeprefix(b"Exif\0\0"))
            break
        position += 8 + length + length % 2
    return Header("WebP", width, height, orientation, more=bool(data[20] & 2))


def _tiff(data: bytes) -> Header:
    """TIFF 6.0, section 2. OpenCV turns a TIFF by itself, so its orientation is reported as 1."""
    tags, following = _tiff_tags(data)
    more = False
    if following:
        # A second directory may hold a smaller version of the first: tag 254, bit 0.
        with contextlib.suppress(struct.error):
            more = not _tiff_tags(data, following)[0].get(254, 0) & 1
    return Header("TIFF", tags.get(256, 0), tags.get(257, 0), more=more)


def _pnm(data: bytes) -> Header:
    """Netpbm's P1-P6: numbers between white space and comments; P7 (PAM): named lines."""
    if data[:2] == b"P7":
        found = dict(re.findall(rb"^(WIDTH|HEIGHT)\s+(\d{1,9})", data[:4096], re.MULTILINE))
        return Header("PAM", int(found.get(b"WIDTH", 0)), int(found.get(b"HEIGHT", 0)))
    fields = re.sub(rb"#[^\n]*\n", b" ", data[:4096]).split(maxsplit=3)
    return Header("PNM", int(fields[1][:9]), int(fields[2][:9]))


def _jpeg2000(data: bytes) -> Header:
    """ISO 15444-1: the `ihdr` box, or the SIZ marker of a bare code stream."""
    box = data.find(b"ihdr", 0, 4096)
    if box >= 0:
        height, width = struct.unpack_from(">II", data, box + 4)
        return Header("JPEG 2000", width, height)
    x1, y1, x0, y0 = struct.unpack_from(">IIII", data, 8)
    return Header("JPEG 2000", x1 - x0, y1 - y0)


def _avif(data: bytes) -> Header:
    """ISO 23008-12: the largest `ispe` property (tiles and thumbnails have smaller ones)."""
    sizes = [
        struct.unpack_from(">II", data, match.end() + 4)
        for match in re.finditer(rb"ispe", data[: 2**16])
    ]
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    return Header("AVIF", width, height, more=data[8:12] == b"avis")


def _sun_raster(data: bytes) -> Header:
    width, height = struct.unpack_from(">II", data, 4)
    return Header("Sun raster", width, height)


_READERS = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), _png),
    (re.compile(rb"\xff\xd8\xff"), _jpeg),
    (re.compile(rb"GIF8[79]a"), _gif),
    (re.compile(rb"BM.{12}[\x0c-\xff]\0\0\0", re.DOTALL), _bmp),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), _webp),
    (re.compile(rb"II\*\0|MM\0\*"), _tiff),
    (re.compile(rb"P[1-7]\s"), _pnm),
    (re.compile(rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51"), _jpeg2000),
    (re.compile(rb"....ftypavi[fs]", re.DOTALL), _avif),
    (re.compile(rb"\x59\xa6\x6a\x95"), _sun_raster),
)


def exif_orientation(block: bytes) -> int:
    """Read the orientation from an EXIF block, which is a small TIFF file.

    Returns:
        1 to 8; 1 where the block is damaged or says nothing.
    """
    try:
        orientation = _tiff_tags(block)[0].get(274, 1)
    except struct.error:
        return 1
    return orientation if 1 <= orientation <= 8 else 1


def _tiff_tags(block: bytes, directory: int = 0) -> tuple[dict[int, int], int]:
    """Read a directory of a TIFF structure.

    Args:
        block: The structure.
        directory: Where it begins; 0 for the first.

    Returns:
        Its single-number tags (8, 16 or 32 bits), and where the next directory begins, or 0.
    """
    order = "<" if block[:2] == b"II" else ">"
    if not directory:
        (directory,) = struct.unpack_from(order + "I", block, 4)
    (count,) = struct.unpack_from(order + "H", block, directory)
    end = directory + 2 + 12 * count
    tags = {}
    for position in range(directory + 2, end, 12):
        tag, kind, values = struct.unpack_from(order + "HHI", block, position)
        if values == 1 and kind in (1, 3, 4):
            code = {1: "B", 3: "H", 4: "I"}[kind]
            (tags[tag],) = struct.unpack_from(order + code, block, position + 8)
    following = block[end : end + 4]
    return tags, struct.unpack(order + "I", following)[0] if len(following) == 4 else 0
