"""Training: from a data set to a model. The only package that imports TensorFlow and Keras.

In: a data set and `TrainingOptions`. Out: a bundle with both model files, its card and its history.
Start with `train`. `networks` defines the layers, `fit` runs gradient descent, `batches` mixes the
training data of a classifier, and `frame` has the first and last steps of every training.
`reader/` trains the network that reads lines. `pyproject.toml` lists the modules that may import
TensorFlow.
"""
