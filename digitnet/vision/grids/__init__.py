"""Finds the table that the user requested, and returns all its cells by row.

Start with `find_grid` in `find.py`. `choose.py` selects the walls of the table. `spacing.py` places
the cells if walls are missing.
"""

from digitnet.vision.grids.find import GridSize, find_grid

__all__ = ["GridSize", "find_grid"]
