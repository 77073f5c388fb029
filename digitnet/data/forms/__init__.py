"""The forms in which people have labelled digits; docs/data.md lists them.

In: a file or a folder. Out: pieces of images and labels, as `pixels` brings them to one form.

    detect         which form it is; start here
    source         the first bytes and names, to detect the format
    refusals       messages about unsupported formats
    names          the words of a training and a test part, of arrays and of classes
    pixels         arrays of any usual shape and range -> gray images and labels 0-9
    npz, idx, text, hdf5, matlab, parquet, image_folders, sheets: a family of forms each

Files are not trusted: nothing in them is run, no path in them leads out of their folder, and what
they claim is checked before memory is allocated.
"""
