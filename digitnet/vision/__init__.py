"""Turns an image file into text lines or digits for the networks. Needs only NumPy and OpenCV.

    decode_image    file or bytes -> grayscale image
    find_lines      grayscale image -> text lines, 32 pixels high
    find_grid       grayscale image -> table cells, row by row
    find_digits     grayscale image -> digits in MNIST's format, by connected components

Each step is a module or package of small pure functions:

    decoding    image sources -> grayscale images
    ink         grayscale image -> ink map: polarity, uneven light, noise
    components  ink map -> connected components
    rules       components -> writing, ruled lines and frames
    layout      components -> rows of writing
    text_line   row -> straightened image of the reader's height
    walls       ink map -> ruling lines of tables ("walls")
    lattice     walls -> crossings
    tables      walls -> cells
    grids       table of a given size -> cells, with or without walls
    cell_line   cell -> rectified image of the reader's height
    line_image  scales an image to the reader's height, and its levels to fixed ones
    normalize   ink of one digit -> 28 x 28
    find        the whole pipeline

    opencv      process-wide settings of OpenCV
"""

from digitnet.vision.decoding.decode import decode_image
from digitnet.vision.decoding.limits import Limits
from digitnet.vision.find import Layout, Region, find_digits, find_lines
from digitnet.vision.grids import GridSize, find_grid

__all__ = [
    "GridSize",
    "Layout",
    "Limits",
    "Region",
    "decode_image",
    "find_digits",
    "find_grid",
    "find_lines",
]
