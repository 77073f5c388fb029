"""The learning wing: a data set becomes a model, and a model is measured.

`datasets` reads labelled digits and splits them 80/20; `folders` and `arrays` read the files that
they lie in. `augment` distorts them, `drawn`, `outliers` and `touching` make what MNIST lacks, and
`batches` mixes all that; `networks` lists the layers, `fit` trains them, `train` exports what came
of it, `evaluate` measures. Only `networks`, `fit` and `train` import TensorFlow.
"""
