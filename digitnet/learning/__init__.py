"""The learning wing: a data set becomes a model, and a model is measured.

`datasets` reads labelled digits and splits them 80/20, `augment` and `outliers` make the varied
pictures that a network learns from, `networks` lists the layers, `train` fits and exports,
`evaluate` measures. Only `networks` and `train` import TensorFlow.
"""
