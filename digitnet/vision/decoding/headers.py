"""Headers of image files, parsed before any pixel is decoded.

A few bytes give the format, size and orientation. So an image that is too large is rejected before
memory is allocated (a "decompression bomb" of a few kilobytes can decode to gigabytes), and a file
that is not an image is reported as such. The formats are those that OpenCV decodes, and PDF.

Headers may be malicious: if a size is given twice, the larger one counts, and lists are followed to
a bounded length only.
"""

import itertools
import re
import struct
from dataclasses import dataclass

from digitnet.vision.decoding.avif import find_orientation, find_sizes
from digitnet.vision.decoding.tiff import exif_orientation, page_directories, read_tags


@dataclass(frozen=True)
class Header:
    """The header of an image file.

    Attributes:
        format: the format's common name, such as "PNG".
        width: width in pixels as stored, before `orientation` is applied. 0 if unreadable.
        height: height in pixels as stored.
        orientation: EXIF 2.32, tag 274: 1 as stored, 2-8 mirrored or rotated.
        pages: the number of frames or pages found within `MAX_PARTS`.
        pixel_bytes: bytes per pixel that the decoder needs.
        scans: number of passes over the whole image that the decoder needs.
    """

    format: str
    width: int
    height: int
    orientation: int = 1
    pages: int = 1
    pixel_bytes: int = 4
    scans: int = 1


MAX_PARTS = 100_000
"""Maximum number of chunks, segments or blocks in a file; real images have fewer."""


IMAGE_SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".bmp", ".dib", ".tif", ".tiff", ".webp", ".gif"),
    *(".pbm", ".pgm", ".ppm", ".pnm", ".jp2", ".avif", ".heic", ".heif", ".pdf"),
)
"""Suffixes of image files. A file with another suffix is judged by its content."""

SNIFFED_BYTES = 64
"""Number of bytes needed to detect an image."""


def is_meant_as_image(path: str) -> bool:
    """Whether a file in a folder has the suffix or the signature of an image."""
    if path.lower().endswith(IMAGE_SUFFIXES):
        return True
    try:
        with open(path, "rb", buffering=0) as file:
            return read_header(file.read(SNIFFED_BYTES)) is not None
    except OSError:
        return False


def read_header(data: bytes) -> Header | None:
    """Read the format, size and orientation of an encoded image.

    Args:
        data: the whole file, or at least its beginning.

    Returns:
        The header, with a size of 0 x 0 if it is truncated or damaged; None if the bytes do not
        begin with the signature of an image.
    """
    for signature, reader in _READERS:
        if signature.match(data):
            try:
                return reader(data)
            except (struct.error, IndexError, ValueError):
                return Header("damaged image", 0, 0)
    return None


def _png(data: bytes) -> Header:
    """Read a PNG: W3C, third edition, sections 5.3 and 11.2.1; eXIf and acTL in 11.3."""
    if data[12:16] != b"IHDR":
        raise ValueError("a PNG begins with its header")
    width, height, depth, colour = struct.unpack_from(">IIBB", data, 16)
    pixel_bytes = _PNG_CHANNELS.get(colour, 4) * (2 if depth == 16 else 1)
    orientation, pages, in_front, position = 0, 1, True, 8
    for _ in range(MAX_PARTS):
        if position + 8 > len(data):
            break
        length, kind = struct.unpack_from(">I4s", data, position)
        if kind == b"eXIf" and not orientation:  # may also follow the pixels
            orientation = exif_orientation(data[position + 8 : position + 8 + length])
        if kind == b"acTL" and in_front:
            (pages,) = struct.unpack_from(">I", data, position + 8)
        if kind == b"IEND":
            break
        in_front = in_front and kind != b"IDAT"
        position += 12 + length
    return Header("PNG", width, height, orientation or 1, pages, pixel_bytes)


_PNG_CHANNELS = {0: 1, 2: 3}
"""Channels of gray and RGB. Other colour types (palette, alpha) are decoded to four."""


def _jpeg(data: bytes) -> Header:
    """Read a JPEG: ITU-T T.81, annex B, up to the first scan. EXIF is in an APP1 segment."""
    orientation, frame, position = 1, 0, 2
    for _ in range(MAX_PARTS):
        code = _NO_FILL.search(data, position)
        if code is None:
            raise ValueError("no marker behind fill bytes")
        position = code.start()
        marker = data[position]
        if marker == 0x01 or 0xD0 <= marker <= 0xD7:  # these markers have no length
            position += 1
            continue
        (length,) = struct.unpack_from(">H", data, position + 1)
        if marker == 0xE1 and data[position + 3 : position + 9] == b"Exif\0\0":
            orientation = exif_orientation(data[position + 9 : position + 1 + length])
        # Frame headers are C0-CF, except C4 (Huffman), C8 (reserved) and CC (arithmetic).
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            frame = position
        if marker == 0xDA:
            break
        position += 1 + length
        if data[position] != 0xFF:
            if frame:
                break
            raise ValueError("no marker where a segment ends")
    height, width = struct.unpack_from(">HH", data, frame + 4)
    components = data[frame + 8]
    # With several scans, the decoder keeps all coefficients in memory, 2 bytes each.
    alone = data[frame] in (0xC0, 0xC1) and data[position] == 0xDA
    alone = alone and data[position + 3] == components
    kept = 0 if alone else _coefficient_bytes(data[frame + 9 : frame + 9 + 3 * components])
    scans = data.count(b"\xff\xda", frame)
    return Header("JPEG", width, height, orientation, 1, 3 + kept, scans)


_NO_FILL = re.compile(rb"[^\xff]")


def _coefficient_bytes(components: bytes) -> int:
    """Return the bytes of coefficients per pixel, rounded up, from 3 bytes per component."""
    blocks = [(factors >> 4, factors & 15) for factors in components[1::3]]
    widest, highest = (max(1, *sides) for sides in zip(*blocks, strict=True))
    total: int = sum(across * down for across, down in blocks)
    return -(-2 * total // int(widest * highest))


def _gif(data: bytes) -> Header:
    """Read a GIF: GIF89a, sections 17-26. Each image descriptor begins a frame.

    A frame that exceeds the logical screen enlarges the image in some decoders.
    """
    width, height = struct.unpack_from("<HH", data, 6)
    frames, position = 0, 13 + _gif_colours(data[10:11])
    for _ in range(MAX_PARTS):
        if position + 10 > len(data) or data[position] not in (0x21, 0x2C):
            break
        if data[position] == 0x2C:
            frames += 1
            left, top, across, down = struct.unpack_from("<4H", data, position + 1)
            width, height = max(width, left + across), max(height, top + down)
            position += 11 + _gif_colours(data[position + 9 : position + 10])
        else:
            position += 2
        position = _gif_blocks_end(data, position)
    return Header("GIF", width, height, pages=max(1, frames), pixel_bytes=9)


def _gif_blocks_end(data: bytes, position: int) -> int:
    """Return the position after the sub-blocks that begin here: an empty one ends them."""
    for _ in range(10 * MAX_PARTS):
        if position >= len(data) or not data[position]:
            return position + 1
        position += 1 + data[position]
    return len(data)


def _gif_colours(packed: bytes) -> int:
    """Return the size in bytes of the colour table that a packed field declares."""
    return 3 << (packed[0] & 7) + 1 if packed and packed[0] & 0x80 else 0


def _bmp(data: bytes) -> Header:
    (size,) = struct.unpack_from("<I", data, 14)
    width, height = struct.unpack_from("<HH" if size == 12 else "<ii", data, 18)
    return Header("BMP", abs(width), abs(height))  # a negative height means top-down rows


def _webp(data: bytes) -> Header:
    """Read a WebP: RFC 9649. There are three kinds of first chunk; EXIF is a separate chunk."""
    kind = data[12:16]
    if kind == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
        return Header("WebP", width, height)
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return Header("WebP", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, pixel_bytes=8)
    if kind != b"VP8X":
        raise ValueError("no picture chunk")
    width = int.from_bytes(data[24:27], "little") + 1
    height = int.from_bytes(data[27:30], "little") + 1
    orientation, frames, position = 1, 0, 12
    for _ in range(MAX_PARTS):
        if position + 8 > len(data):
            break
        name, length = struct.unpack_from("<4sI", data, position)
        frames += name == b"ANMF"
        if name == b"EXIF":
            block = data[position + 8 : position + 8 + length]
            orientation = exif_orientation(block.removeprefix(b"Exif\0\0"))
            break
        position += 8 + length + length % 2
    return Header("WebP", width, height, orientation, max(1, frames), pixel_bytes=8)


def _tiff(data: bytes) -> Header:
    """Read a TIFF: TIFF 6.0, section 2. OpenCV applies the orientation itself, so report 1."""
    directories = page_directories(data)
    tags = read_tags(data)
    width, height = tags.get(256, 0), tags.get(257, 0)
    samples, bits = tags.get(277, 1), tags.get(258, 1)
    # Bits, palettes and CMYK are decoded to 4 bytes. A tile may be larger than the image.
    pixel_bytes = max(4, samples * -(-bits // 8))
    tile = tags.get(322, 0) * tags.get(323, 0)
    if tile > width * height > 0:
        pixel_bytes *= -(-tile // (width * height))
    return Header("TIFF", width, height, pages=len(directories), pixel_bytes=pixel_bytes)


def _pnm(data: bytes) -> Header:
    """Read Netpbm: P1-P6 have numbers between white space and comments, P7 (PAM) named lines."""
    if data[:2] == b"P7":
        found: dict[bytes, int] = {}
        for name, number in re.findall(
            rb"^\s*(WIDTH|HEIGHT|DEPTH|MAXVAL)\s+(\d{1,9})", data[:4096], re.MULTILINE
        ):
            found[name] = max(found.get(name, 0), int(number))
        pixel_bytes = max(4, found.get(b"DEPTH", 1) * (2 if found.get(b"MAXVAL", 1) > 255 else 1))
        width, height = found.get(b"WIDTH", 0), found.get(b"HEIGHT", 0)
        return Header("PAM", width, height, pixel_bytes=pixel_bytes)
    # As in OpenCV, a comment ends at a carriage return or a newline.
    fields = re.sub(rb"#[^\r\n]*[\r\n]", b" ", data[:4096]).split(maxsplit=4)
    maximum = re.match(rb"0*(\d{3,})", fields[3]) if data[1:2] in b"2356" and fields[3:] else None
    deep = maximum is not None and int(maximum[1][:9]) > 255
    return Header("PNM", int(fields[1][:9]), int(fields[2][:9]), pixel_bytes=6 if deep else 3)


def _jpeg2000(data: bytes) -> Header:
    """Read a JPEG 2000: ISO 15444-1, `ihdr` box and SIZ marker, in a file or bare code stream."""
    sizes, components = [], 1
    for match in _match_ends(rb"ihdr", data):
        height, width, number = struct.unpack_from(">IIH", data, match)
        sizes.append((width, height))
        components = max(components, number)
    for match in _match_ends(rb"\xff\x4f\xff\x51", data):
        x1, y1, x0, y0 = struct.unpack_from(">IIII", data, match + 4)
        sizes.append((max(x1 - x0, 0), max(y1 - y0, 0)))
        if match + 38 <= len(data):
            components = max(components, *struct.unpack_from(">H", data, match + 36))
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    # OpenJPEG decodes each component to a plane of 32-bit integers.
    return Header("JPEG 2000", width, height, pixel_bytes=1 + 4 * components)


def _avif(data: bytes) -> Header:
    """Read an AVIF. The largest size in it counts, as the decoder may allocate any of them."""
    width, height = max(find_sizes(data), key=lambda size: size[0] * size[1])
    orientation = find_orientation(data)
    return Header("AVIF", width, height, orientation, 1 + (data[8:12] == b"avis"), pixel_bytes=16)


def _match_ends(pattern: bytes, data: bytes) -> list[int]:
    """Return the ends of the first thousand matches of a pattern."""
    return [match.end() for match in itertools.islice(re.finditer(pattern, data), 1000)]


def _pdf(data: bytes) -> Header:
    """Report no size, as each page has its own: see `digitnet.vision.decoding.pdf`."""
    return Header("PDF", 0, 0)


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
    (re.compile(rb"%PDF-"), _pdf),
    (re.compile(rb"\x59\xa6\x6a\x95"), _sun_raster),
)
