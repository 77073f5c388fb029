"""Seeded random damage to files, as by disks, networks and attackers."""

import binascii
import struct
from collections.abc import Callable, Sequence

import numpy as np

ODD_NUMBERS = (
    0,
    1,
    2,
    127,
    128,
    255,
    256,
    32767,
    32768,
    60_000,
    65535,
    2**31 - 1,
    2**31,
    2**32 - 1,
)
"""Limits of integers of one, two and four bytes, and the side of a decompression bomb."""

MAX_DAMAGES = 6

HEAD = 200
"""Length of most headers in bytes; half of all damage is put there."""

PNG = b"\x89PNG\r\n\x1a\n"


def mutate(data: bytes, others: Sequence[bytes], rng: np.random.Generator) -> bytes:
    """Damage a file in one to six ways.

    In half of the cases, the checksums of a PNG are repaired, so that decoders do not reject it.

    Args:
        data: the file.
        others: other files, from which pieces may be inserted.
        rng: random generator; the same state gives the same damage.
    """
    damaged = bytearray(data)
    for _ in range(int(rng.integers(1, MAX_DAMAGES + 1))):
        if not damaged:
            break
        _DAMAGES[int(rng.integers(len(_DAMAGES)))](damaged, others, rng)
    result = bytes(damaged)
    if result.startswith(PNG) and rng.random() < 0.5:
        result = mend_png(result)
    return result


def mend_png(data: bytes) -> bytes:
    """Repair the checksum of every complete chunk of a PNG."""
    mended, position = bytearray(data), len(PNG)
    while position + 12 <= len(mended):
        (length,) = struct.unpack_from(">I", mended, position)
        end = position + 8 + length
        if end + 4 > len(mended):
            break
        struct.pack_into(">I", mended, end, binascii.crc32(mended[position + 4 : end]))
        position = end + 4
    return bytes(mended)


def _place(data: bytearray, rng: np.random.Generator) -> int:
    end = min(len(data), HEAD) if rng.random() < 0.5 else len(data)
    return int(rng.integers(end))


def _flip_bits(data: bytearray, others: Sequence[bytes], rng: np.random.Generator) -> None:
    for _ in range(int(rng.integers(1, 9))):
        data[_place(data, rng)] ^= 1 << int(rng.integers(8))


def _set_bytes(data: bytearray, others: Sequence[bytes], rng: np.random.Generator) -> None:
    for _ in range(int(rng.integers(1, 9))):
        data[_place(data, rng)] = int(rng.integers(256))


def _set_number(data: bytearray, others: Sequence[bytes], rng: np.random.Generator) -> None:
    order, size = "<>"[int(rng.integers(2))], "BHI"[int(rng.integers(3))]
    width = struct.calcsize(size)
    number = ODD_NUMBERS[int(rng.integers(len(ODD_NUMBERS)))] % 256**width
    place = _place(data, rng)
    data[place : place + width] = struct.pack(order + size, number)


def _set_decimal(data: bytearray, others: Sequence[bytes], rng: np.random.Generator) -> None:
    """Replace the next decimal number."""
    place = _place(data, rng)
    begin = next((i for i in range(place, len(data)) if 48 <= data[i] < 58), None)
    if begin is None:
        return
    end = next((i for i in range(begin, len(data)) if not 48 <= data[i] < 58), len(data))
    words = [*(str(number) for number in ODD_NUMBERS), "-1", "1e400", "NaN", "null", '""', "[]"]
    data[begin:end] = words[int(rng.integers(len(words)))].encode()


def _cut_off(data: bytearray, others: Sequence[bytes], rng: np.random.Generator) -> None:
    del data[_place(data, rng) :]


def _cut_out(data: bytearray, others: Sequence[bytes], rng: np.random.Generator) -> None:
    place = _place(data, rng)
    del data[place : place + int(rng.integers(1, 65))]


def _repeat(data: bytearray, others: Sequence[bytes], rng: np.random.Generator) -> None:
    place = _place(data, rng)
    piece = data[place : place + int(rng.integers(1, 257))]
    data[place:place] = piece * int(rng.integers(1, 17))


def _splice(data: bytearray, others: Sequence[bytes], rng: np.random.Generator) -> None:
    """Overwrite or insert a piece of another file."""
    other = others[int(rng.integers(len(others)))]
    begin = int(rng.integers(len(other)))
    piece = other[begin : begin + int(rng.integers(1, 2049))]
    place = _place(data, rng)
    data[place : place + (len(piece) if rng.random() < 0.5 else 0)] = piece


def _graft(data: bytearray, others: Sequence[bytes], rng: np.random.Generator) -> None:
    """Join the beginning of this file and the end of another one."""
    other = others[int(rng.integers(len(others)))]
    data[_place(data, rng) :] = other[int(rng.integers(len(other))) :]


def _zero(data: bytearray, others: Sequence[bytes], rng: np.random.Generator) -> None:
    place = _place(data, rng)
    count = min(int(rng.integers(1, 513)), len(data) - place)
    data[place : place + count] = bytes(count)


_DAMAGES: tuple[Callable[[bytearray, Sequence[bytes], np.random.Generator], None], ...] = (
    _flip_bits,
    _set_bytes,
    _set_number,
    _set_number,
    _set_decimal,
    _cut_off,
    _cut_out,
    _repeat,
    _splice,
    _graft,
    _zero,
)
