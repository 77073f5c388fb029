"""The table that a user asks for -> its cells, row by row, empty ones too.

`find_grid` gives the layout of an image: see `find.py` first. `choose.py` tells which walls are the
table's, `spacing.py` where cells are if walls are missing.
"""

from digitnet.vision.grids.find import GridSize, find_grid

__all__ = ["GridSize", "find_grid"]
