"""Readers of labelled digits in many formats, which docs/data.md lists.

In: a file or a folder. Out: pieces of images and labels, which `pixels` converts to one form.

    detect         detects the format; start here
    source         a file or folder: its first bytes or its names, to detect the format
    refusals       messages about unsupported formats
    names          common names of training and test sets, of arrays, and of classes
    pixels         arrays of any common shape and range -> grayscale images and labels 0-9
    npz, idx, text, hdf5, matlab, parquet, image_folders, sheets: one family of formats each

Files are not trusted: nothing in them is executed, paths in them cannot leave their folder, and
sizes are checked before memory is allocated.
"""
