"""Decodes images to grayscale, as a viewer would show them.

Input: a path, bytes, an open file, a Pillow image or an array. Output: (H, W) uint8 grayscale,
upright, within the size limits. Start with `decode`. `headers`, `tiff` and `avif` read sizes and
orientations before anything is decoded. `pages` finds the pages of a PDF (`pdf`) or TIFF, and the
frames of an animation.
"""
