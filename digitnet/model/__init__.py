"""A trained model on disk, checked when it is read, and the network that it runs.

In: the folder of a model (a bundle). Out: its card, and a LiteRT network that turns 28 x 28 digits
into probabilities, whose columns `probabilities` names. Start with `bundle`.
"""
