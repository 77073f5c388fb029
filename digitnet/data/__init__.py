"""Labelled digits: MNIST, scikit-learn's, and files and folders in many formats.

In: the name or path of a data set. Out: a `Dataset` of 28 x 28 digits and labels, and its 80/20
split. Start with `datasets`; `forms` reads files and folders. `pen_strokes` and `unipen` read pen
strokes, `whole_numbers` images of whole numbers.
"""
