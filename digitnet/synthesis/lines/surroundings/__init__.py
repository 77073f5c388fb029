"""The surroundings of the writing on a line: walls, clutter, paper, and the photograph.

In: a `Drawing` and a random generator. Out: the drawing with clutter added, and finally the
grayscale image that a camera takes of it.
"""
