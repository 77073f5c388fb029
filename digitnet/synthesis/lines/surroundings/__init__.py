"""What stands around and behind the writing on a line: walls, clutter, paper, the photograph.

In: a `Drawing` and a random generator. Out: the same with more ink that is no writing, and at last
the gray picture that a camera makes of it.
"""
