"""How good a model is on labelled digits that it has not seen.

In: a bundle and a data set. Out: error, loss, confusion matrix, calibration and rejections, as
figures, text or JSON. Start with `evaluate`, for a reader with `lines`, for a folder of whole
numbers with `numbers`.
"""
