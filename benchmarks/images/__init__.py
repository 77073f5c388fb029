"""Images drawn for benchmarks: digits as in users' images, pages, and images without digits.

Input: MNIST digits, fonts and random generators. Output: arrays or the bytes of image files.
Start with `canvas.py`. No code is shared with the training images.
"""
