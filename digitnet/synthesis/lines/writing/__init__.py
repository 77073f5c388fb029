"""The writing on a line: its text, the hand that writes it, and where each character is set.

In: sources of characters and a random generator. Out: a `Writing`, whose characters have their
places. Start with `text`; one of the `hands` makes its `glyphs`, and `layout` sets them side by
side.
"""
