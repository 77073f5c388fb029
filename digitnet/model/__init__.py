"""Trained models on disk, checked when they are loaded, and the networks that they run.

In: the folder of a model (a bundle). Out: its card, and a LiteRT network that turns 28 x 28 digits
or lines into probabilities. `probabilities` and `symbols` describe its output. Start with `bundle`.
"""
