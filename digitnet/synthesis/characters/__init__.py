"""Characters as strokes, fonts and displays draw them: what all synthetic pictures are made of.

In: a character and a random generator. Out: its strokes, or its ink on a canvas, never twice the
same. Start with `pens`, which draws strokes and prints text, and `strokes`, which writes a
character through a few points.
"""
