"""A data set -> a trained model. The only package that imports TensorFlow and Keras.

In: a data set and `TrainingOptions`. Out: a bundle with both model files, its card and its history.
Start with `train`; `networks` lists the layers, `fit` runs gradient descent, and `batches` mixes
what the network sees. Only these three import TensorFlow: `networks`, `fit` and `train`.
"""
