"""Synthetic lines and cells for training the reader, with ground truth.

In: sources of characters (MNIST's digits, pen strokes, fonts) and a random generator. Out: a
`Line`, a gray picture 32 pixels high with its symbols and the columns where they are. Start with
`line`: `writing` has the text, the hands and the layout, `surroundings` the walls, the clutter and
the paper on which it is photographed.
"""
