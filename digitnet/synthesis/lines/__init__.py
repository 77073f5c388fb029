"""Synthetic lines and cells for training the reader, with ground truth.

In: sources of characters (MNIST's digits, pen strokes, fonts) and a random generator. Out: a
`Line`, a grayscale image 32 pixels high with its symbols and their columns. Start with `line`.
`writing` makes the text, the handwriting and the layout; `surroundings` adds walls, clutter and
paper, and photographs the result.
"""
