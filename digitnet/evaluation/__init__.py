"""Evaluation of models on labelled digits that they were not trained on.

In: a bundle and a data set. Out: error, loss, confusion matrix, calibration and rejections, as
figures, text or JSON. Start with `evaluate` for classifiers, `lines` for readers, and `numbers` for
readers on a folder of whole numbers.
"""
