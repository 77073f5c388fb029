"""The table requested by the user -> its cells by row, empty ones included.

`find_grid` gives the layout of an image: see `find.py` first. `choose.py` selects the walls of the
table's, `spacing.py` where cells are if walls are missing.
"""

from digitnet.vision.grids.find import GridSize, find_grid

__all__ = ["GridSize", "find_grid"]
