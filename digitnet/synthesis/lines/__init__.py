"""Synthetic lines and cells for training the reader, with ground truth.

In: sources of characters (MNIST's digits, pen strokes, fonts) and a random generator. Out: a
`Line`, a gray picture 32 pixels high with its symbols and the columns where they are. Start with
`line`: a `text` is written by one of the `hands`, set out by `layout`, surrounded by `walls` and
`clutter`, and photographed on `paper`.
"""
