"""The writing on a line: its text, the hand that writes it, and the layout of its characters.

In: sources of characters and a random generator. Out: a `Writing`, which gives the position of each
character. Start with `text`. One of the `hands` makes the `glyphs`, and `layout` places them side
by side.
"""
