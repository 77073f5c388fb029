"""Recurrent networks without gates, for comparing three kinds of feedback.

Each network reads the 28 rows of a digit one by one, once downwards and once upwards. At row t, it
has a lower layer a and an upper layer b, both with tanh, and one kind of feedback:

    direct      a[t] = tanh(A x[t] + d * a[t-1])    b[t] = tanh(B a[t] + e * b[t-1])
    lateral     a[t] = tanh(A x[t] + D a[t-1])      b[t] = tanh(B a[t] + E b[t-1])
    indirect    a[t] = tanh(A x[t] + D b[t-1])      b[t] = tanh(B a[t])

d and e have one weight per neuron. D and E are matrices; for lateral feedback, their diagonals are
zero, since feedback from a neuron to itself is direct. (An Elman network, 1990, has both.) The loop
over the rows is unrolled into standard Keras layers with shared weights, so that any Keras can load
the network and LiteRT can run it.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from digitnet.training.options import Feedback

UNITS = 96
"""Neurons per layer and direction, as in the GRU."""
DROPOUT = 0.3
"""Dropout rate of the last states, as after the GRU."""

_LATERAL = "lateral"
"""Name prefix of the layers whose neurons must not receive their own output."""


def simple_rnn(feedback: Feedback) -> Callable[[Any], Any]:
    """Build a recurrent network without gates.

    Args:
        feedback: `DIRECT`, `LATERAL` or `INDIRECT`.

    Returns:
        A function that maps rows, float32 (N, 28, 28), to the last states of both directions,
        float32 (N, 192).
    """

    def read(rows: Any) -> Any:
        order = range(rows.shape[1])
        states = [_read(rows, order, feedback, "down"), _read(rows, order[::-1], feedback, "up")]
        return layers.Dropout(DROPOUT)(layers.Concatenate()(states))

    return read


def _read(rows: Any, order: range, feedback: Feedback, direction: str) -> Any:
    """Read the rows in the given order; return the last state of the upper layer, (N, 96)."""
    inputs = layers.Dense(UNITS, name=f"lower_{direction}")(rows)  # (N, 28, 96)
    upper = layers.Dense(UNITS, name=f"upper_{direction}")
    to_lower = _feedback(feedback, f"to_lower_{direction}")
    to_upper = None
    if feedback is not Feedback.INDIRECT:
        to_upper = _feedback(feedback, f"to_upper_{direction}")
    tanh_lower, tanh_upper = (
        layers.Activation("tanh", name=f"tanh_{place}_{direction}") for place in ("lower", "upper")
    )
    add = layers.Add(name=f"sum_{direction}")
    a: Any = None
    b: Any = None
    for row in order:
        signal = inputs[:, row]
        past = b if feedback is Feedback.INDIRECT else a
        a = tanh_lower(signal if past is None else add([signal, to_lower(past)]))
        signal = upper(a)
        b = tanh_upper(signal if b is None or to_upper is None else add([signal, to_upper(b)]))
    return b


def _feedback(feedback: Feedback, place: str) -> layers.Layer:
    """Create the layer of feedback weights."""
    if feedback is Feedback.DIRECT:
        # one weight per neuron, from 0 (forgets at once) to 1 (hardly forgets)
        return layers.EinsumDense(
            "nu,u->nu",
            output_shape=UNITS,
            kernel_initializer=keras.initializers.RandomUniform(0, 1),
            name=f"direct_{place}",
        )
    name = _LATERAL if feedback is Feedback.LATERAL else "indirect"
    return layers.Dense(
        UNITS, use_bias=False, kernel_initializer="orthogonal", name=f"{name}_{place}"
    )


def without_self_loops(network: keras.Model) -> keras.Model:
    """Keep the diagonal of lateral feedback at 0, now and after each step of the optimizer.

    Keras files store only Keras's own constraints, so this must be called on loaded networks too.
    """
    for layer in network.layers:
        if layer.name.startswith(_LATERAL):
            layer.kernel.assign(_zero_diagonal(layer.kernel))
            layer.kernel.constraint = _zero_diagonal
    return network


def _zero_diagonal(kernel: Any) -> Any:
    return kernel * (1 - keras.ops.eye(UNITS, dtype=kernel.dtype))
