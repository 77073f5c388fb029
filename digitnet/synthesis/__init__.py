"""Synthetic training images: distorted digits, drawn digits, and non-digits.

In: training digits, fonts and a random generator. Out: 28 x 28 images and their labels. Start with
`augment` (distortions) and `outliers` (non-digits). `characters` draws digits, letters and signs.
`lines` makes whole lines and cells of writing for the reader.
"""
