"""A data set -> a trained model. The only package that imports TensorFlow and Keras.

In: a data set and `TrainingOptions`. Out: a bundle with both model files, its card and its history.
Start with `train`; `networks` lists the layers, `fit` runs gradient descent, `batches` mixes the
data that a classifier sees, and `frame` is what every training begins and ends with. `reader/`
trains the network that reads lines. The modules that may import TensorFlow are named in
`pyproject.toml`.
"""
