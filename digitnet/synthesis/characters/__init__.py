"""Characters drawn as strokes, in fonts and as on displays, for all synthetic images.

In: a character and a random generator. Out: its strokes, or its ink on a canvas, with random
variation. Start with `pens`, which draws strokes and prints text, and `strokes`, which writes a
character through a few points.
"""
