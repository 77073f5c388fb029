"""Recurrent networks without gates, to compare where their outputs are fed back to.

Each reads the 28 rows of a digit one after the other, once from above and once from below. At row t
there is a lower layer a and an upper one b of neurons with tanh, and one kind of feedback:

    direct      a[t] = tanh(A x[t] + d * a[t-1])    b[t] = tanh(B a[t] + e * b[t-1])
    lateral     a[t] = tanh(A x[t] + D a[t-1])      b[t] = tanh(B a[t] + E b[t-1])
    indirect    a[t] = tanh(A x[t] + D b[t-1])      b[t] = tanh(B a[t])

d and e are a weight for each neuron; D and E are matrices, those of lateral feedback with zeros on
the diagonal, since a neuron's return to itself is direct feedback. (An Elman network, 1990, has
both.) The loop over the rows is written out in Keras's own layers, which share their weights from
row to row, so that any Keras can load the network and LiteRT can run it.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from digitnet.training.options import Feedback

UNITS = 96
"""Neurons in each layer and direction, as many as the GRU has."""
DROPOUT = 0.3

_LATERAL = "lateral"
"""Begins the names of layers whose neurons must not hear themselves."""


def simple_rnn(feedback: Feedback) -> Callable[[Any], Any]:
    """A recurrent network without gates.

    Args:
        feedback: `DIRECT`, `LATERAL` or `INDIRECT`.

    Returns:
        From rows, float32 (N, 28, 28), to the last states of both directions, float32 (N, 192).
    """

    def read(rows: Any) -> Any:
        order = range(rows.shape[1])
        states = [_read(rows, order, feedback, "down"), _read(rows, order[::-1], feedback, "up")]
        return layers.Dropout(DROPOUT)(layers.Concatenate()(states))

    return read


def _read(rows: Any, order: range, feedback: Feedback, direction: str) -> Any:
    """The upper layer after the last row of an order, (N, 96)."""
    inputs = layers.Dense(UNITS, name=f"lower_{direction}")(rows)  # (N, 28, 96)
    upper = layers.Dense(UNITS, name=f"upper_{direction}")
    to_lower = _feedback(feedback, f"to_lower_{direction}")
    to_upper = None
    if feedback is not Feedback.INDIRECT:
        to_upper = _feedback(feedback, f"to_upper_{direction}")
    bend_lower, bend_upper = (
        layers.Activation("tanh", name=f"tanh_{place}_{direction}") for place in ("lower", "upper")
    )
    add = layers.Add(name=f"sum_{direction}")
    a: Any = None
    b: Any = None
    for row in order:
        signal = inputs[:, row]
        past = b if feedback is Feedback.INDIRECT else a
        a = bend_lower(signal if past is None else add([signal, to_lower(past)]))
        signal = upper(a)
        b = bend_upper(signal if b is None or to_upper is None else add([signal, to_upper(b)]))
    return b


def _feedback(feedback: Feedback, place: str) -> layers.Layer:
    """The weights from a layer's outputs back to a layer."""
    if feedback is Feedback.DIRECT:
        # one weight a neuron; from 0, which forgets at once, to 1, which hardly does
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
    """Hold the diagonal of lateral feedback at 0, now and after each step of the optimizer.

    Keras files keep only Keras's own constraints, so it is set again on loaded networks.
    """
    for layer in network.layers:
        if layer.name.startswith(_LATERAL):
            layer.kernel.assign(_zero_diagonal(layer.kernel))
            layer.kernel.constraint = _zero_diagonal
    return network


def _zero_diagonal(kernel: Any) -> Any:
    return kernel * (1 - keras.ops.eye(UNITS, dtype=kernel.dtype))
