"""Checks that a `model.keras` holds a network and nothing else, before Keras opens it.

Keras's format is a ZIP archive of a configuration, metadata and weights. A configuration can name
code to run (a Lambda), classes to import and files to read. Keras's safe mode blocks the ones that
it knows of. This module allows only the layers that digitnet's networks are built from.
"""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

ALLOWED_MEMBERS = frozenset({"metadata.json", "config.json", "model.weights.h5"})
"""The files in the archive; all of them must be there."""

MAX_CONFIG_BYTES = 2**20
"""Maximum unpacked size of the configuration; those of the shipped models are far smaller."""

ALLOWED_LAYERS = frozenset(
    {"Activation", "Add", "Average", "BatchNormalization", "Bidirectional", "Concatenate"}
    | {"Conv1D", "Conv2D", "Cropping2D", "Dense", "DepthwiseConv2D", "Dropout", "EinsumDense"}
    | {"AveragePooling2D", "Flatten", "GaussianDropout", "GaussianNoise", "GlobalAveragePooling2D"}
    | {"GlobalMaxPooling2D", "GRU", "InputLayer", "LSTM", "LayerNormalization", "LeakyReLU"}
    | {"MaxPooling2D", "Multiply", "PReLU", "Permute", "ReLU", "Rescaling", "Reshape"}
    | {"SeparableConv2D", "SimpleRNN", "Softmax", "SpatialDropout2D", "ZeroPadding2D"}
)
"""Layers that only compute: none runs code from its configuration or reads a file."""

ALLOWED_OPERATIONS = frozenset({"Add", "GetItem", "Multiply", "TrueDivide"})
"""Operations that arithmetic on a layer's output is stored as."""

_ALLOWED: dict[str | None, frozenset[str] | None] = {
    "keras.layers": ALLOWED_LAYERS,
    "keras.src.ops.numpy": ALLOWED_OPERATIONS,
    "keras.src.models.functional": frozenset({"Functional"}),
    "keras": frozenset({"DTypePolicy"}),
    "keras.initializers": None,
    "keras.regularizers": frozenset({"L1", "L2", "L1L2"}),
    None: frozenset({"__keras_tensor__", "__slice__"}),
}
"""The allowed classes by module; None allows all of them."""

_ALLOWED_COMPRESSION = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Allowed compression methods. With others, the file chooses the memory used: LZMA up to 4 GiB."""

_ARCHIVE_ERRORS = (
    *(zipfile.BadZipFile, zlib.error, struct.error),
    *(OSError, EOFError, NotImplementedError),
)
"""Errors that reading a damaged archive may raise."""


def find_fault(data: bytes, limit: int) -> str | None:
    """Return why a `model.keras` must not be opened, or None.

    Args:
        data: the content of the file.
        limit: the maximum unpacked size in bytes.

    Returns:
        The reason in one line; None if the file is safe.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            names = sorted(entry.filename for entry in entries)
            if names != sorted(ALLOWED_MEMBERS):
                return f"it contains {str(names)[:200]}, expected {sorted(ALLOWED_MEMBERS)}"
            if sum(entry.file_size for entry in entries) > limit:
                return f"it unpacks to more than {limit:,} bytes"
            if archive.getinfo("config.json").file_size > MAX_CONFIG_BYTES:
                return f"its config.json has more than {MAX_CONFIG_BYTES:,} bytes"
            if any(entry.compress_type not in _ALLOWED_COMPRESSION for entry in entries):
                return "it uses an unsupported compression method"
            if damaged := archive.testzip():  # Keras would fail with a traceback
                return f"it is an incomplete archive (the checksum of {damaged} does not match)"
            config = json.loads(archive.read("config.json"))
            foreign = next(_disallowed_names(config), None)
    except _ARCHIVE_ERRORS as error:
        return f"it is an incomplete archive ({error})"
    except (ValueError, RecursionError, RuntimeError) as error:
        return f"its configuration cannot be read ({str(error)[:200]})"
    return f"it has {foreign[:200]!r}, which is not a layer that digitnet uses" if foreign else None


def _disallowed_names(config: Any) -> Iterator[str]:
    """Yield every name in a configuration that is not allowed."""
    if isinstance(config, list):
        for value in config:
            yield from _disallowed_names(value)
    if not isinstance(config, dict):
        return
    if "class_name" in config:
        module, name = config.get("module"), config["class_name"]
        if not isinstance(name, str) or not _is_allowed(module, name):
            yield f"{module}.{name}"
        elif config.get("registered_name") not in (None, name):
            yield str(config["registered_name"])
    for value in config.values():
        yield from _disallowed_names(value)


def _is_allowed(module: Any, name: str) -> bool:
    if not isinstance(module, str | None) or module not in _ALLOWED:
        return False
    names = _ALLOWED[module]
    return names is None or name in names
