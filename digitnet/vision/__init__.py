"""Vision: an image file -> 28 x 28 digits as MNIST has them. NumPy and OpenCV only.

    decode_image    file or bytes -> gray image as it is seen
    find_digits     gray image -> the digits in it, in reading order
    find_all        the same, and how much ink was left out
    find_stages     gray image -> what is seen on the way, for people who ask why

Each step is a module of small pure functions:

    decode      bytes -> pixels -> gray      (with `headers`, `avif` and `colour`)
    ink         gray -> ink map: polarity, uneven light, noise
    lines       ruled lines, squares and boxes are erased from the ink
    components  ink -> what hangs together
    segment     components -> groups, one a digit, in reading order (with `join` and `drop`)
    normalize   one group -> 28 x 28
    split       what may be several digits -> pieces of it
    underline   what hangs together by a line -> pieces of it
    rungs       what is left between erased lines
    find        the whole chain

    sources     what users have of an image -> a path, bytes or pixels
    opencv      settings of the whole process
"""

from digitnet.vision.decoding.decode import Limits, decode_image
from digitnet.vision.find import Found, Region, Stages, find_all, find_digits, find_stages

__all__ = [
    "Found",
    "Limits",
    "Region",
    "Stages",
    "decode_image",
    "find_all",
    "find_digits",
    "find_stages",
]
