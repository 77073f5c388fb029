"""Vision: an image file -> lines of writing for the reader, or digits. NumPy and OpenCV only.

    decode_image    file or bytes -> grayscale image
    find_lines      gray image -> its lines of writing, 32 pixels high
    find_grid       gray image -> the cells of the table in it, row by row
    find_digits     gray image -> its digits in MNIST's format, by connected components

Each step is a module of small pure functions:

    decoding    bytes -> pixels -> gray; image sources
    ink         gray -> ink map: polarity, uneven light, noise
    components  ink -> connected components
    layout      components -> rows of writing
    text_line   a row -> a straight line of the reader's height
    walls       ink -> walls of tables
    lattice     walls -> their crossings
    tables      walls -> cells
    grids       a table of a given size -> its cells, with or without walls
    cell_line   a cell -> a straight image of the reader's height
    line_image  paper and ink at fixed levels
    normalize   the ink of one digit -> 28 x 28
    find        the whole chain

    opencv      settings of the whole process
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
