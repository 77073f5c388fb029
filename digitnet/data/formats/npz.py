"""NumPy files: a `.npz` of named arrays, or a folder of `.npy` files with the same names."""

from digitnet.data.arrays import (
    array_names,
    check_total,
    read_named_arrays,
    read_npy,
    read_npy_spec,
    read_npz_specs,
)
from digitnet.data.formats.names import Pair, find_pairs, official_parts
from digitnet.data.formats.pixels import Raw, as_labels, check_claims
from digitnet.data.formats.source import Source
from digitnet.errors import DatasetError
from digitnet.files.escape import join_names

NPY = b"\x93NUMPY"
"""First bytes of a `.npy` file."""


def read_npz(source: Source) -> list[Raw]:
    """Read a `.npz` file.

    Raises:
        DatasetError: the file is damaged, too large, or has no labelled images.
    """
    path = source.path
    pairs = find_pairs(str(path), array_names(path))
    specs = read_npz_specs(path, _names(pairs))
    for pair in pairs:
        check_claims(str(path), specs[pair.images], specs[pair.labels])
    labels = read_named_arrays(path, [pair.labels for pair in pairs])
    for array in labels.values():
        as_labels(str(path), array)
    images = read_named_arrays(path, [pair.images for pair in pairs])
    official = official_parts(pair.part for pair in pairs)
    return [Raw(images[pair.images], labels[pair.labels], pair.part in official) for pair in pairs]


def holds_npy(source: Source) -> bool:
    """Whether a folder has `.npy` files."""
    return any(name.endswith(".npy") for name in source.files)


def read_npy_folder(source: Source) -> list[Raw]:
    """Read the `.npy` files of a folder.

    Raises:
        DatasetError: a file is damaged or too large, or the files are not images and labels.
    """
    folder = source.path
    names = [name.removesuffix(".npy") for name in source.files if name.endswith(".npy")]
    pairs = find_pairs(str(folder), names)
    specs = {name: read_npy_spec(folder / f"{name}.npy") for name in _names(pairs)}
    check_total(folder, specs)
    for pair in pairs:
        check_claims(str(folder), specs[pair.images], specs[pair.labels])
    if unread := sorted({*names} - {*specs}):
        source.remark(f"not read: {join_names([f'{name}.npy' for name in unread])}")
    official = official_parts(pair.part for pair in pairs)
    return [
        Raw(
            read_npy(folder / f"{pair.images}.npy"),
            read_npy(folder / f"{pair.labels}.npy"),
            pair.part in official,
        )
        for pair in pairs
    ]


def read_npy_file(source: Source) -> list[Raw]:
    """Read a `.npy` file of images and one of labels in the same folder, given the path of either.

    Raises:
        DatasetError: the other file is missing, or the files are not images and labels.
    """
    path, folder = source.path, source.path.parent
    named = Source(folder)
    there = [name.removesuffix(".npy") for name in named.files if name.endswith(".npy")]
    try:
        pairs = find_pairs(str(folder), there)
    except DatasetError:
        pairs = []
    own = [pair for pair in pairs if path.stem in (pair.images, pair.labels)]
    if not own:
        raise DatasetError(
            f"{path} is a single array: put its labels beside it, as X.npy and y.npy, or save "
            "both with "
            "np.savez(..., x=images, y=labels)"
        )
    images, labels = (folder / f"{name}.npy" for name in (own[0].images, own[0].labels))
    check_claims(str(path), read_npy_spec(images), read_npy_spec(labels))
    return [Raw(read_npy(images), read_npy(labels))]


def _names(pairs: list[Pair]) -> list[str]:
    return [name for pair in pairs for name in (pair.images, pair.labels)]
