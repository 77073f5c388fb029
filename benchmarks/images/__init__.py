"""Images that benchmarks draw: digits as users send them, pages, and what holds no digit.

In come MNIST digits, fonts and random generators; out come arrays or the bytes of image files.
Open `canvas.py` first. Nothing here is shared with what networks are trained on.
"""
