"""Labelled digits: MNIST, scikit-learn's, files of arrays, and folders of images.

In: the name or path of a data set. Out: a `Dataset` of 28 x 28 digits and labels, and its 80/20
split. Start with `datasets`; `arrays` and `folders` read what lies on disk.
"""
