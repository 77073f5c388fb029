"""An image file -> gray pixels, as a viewer would show them.

In: a path, bytes, an open file, an image of Pillow, or an array. Out: (H, W) uint8 gray, upright,
within the limits on size. Start with `decode`; `headers`, `tiff` and `avif` read sizes and
orientations before anything is decoded. `pages` finds the pages of a file: of a PDF (`pdf`), a
TIFF, an animation.
"""
