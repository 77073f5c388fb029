"""The network of the Keras example "Simple MNIST convnet", trained as in the example.

    python -m benchmarks.harness.keras_example MODEL.keras

trains it on MNIST's 60,000 training digits and saves it.
"""

import sys

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

EPOCHS = 15


def build() -> keras.Sequential:
    """Build and compile the network: two convolutions with max pooling, then dropout."""
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def prepare(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Scale (N, 28, 28) pixels, white ink on black, to the network's (N, 28, 28, 1) from 0 to 1."""
    return np.divide(pixels[..., None], 255, dtype=np.float32)


def main(path: str) -> None:
    """Train the network and save it."""
    from digitnet.data.datasets import load

    mnist = load("mnist")
    keras.utils.set_random_seed(0)
    model = build()
    model.fit(
        prepare(mnist.images[~mnist.official]),
        mnist.labels[~mnist.official],
        batch_size=128,
        epochs=EPOCHS,
        validation_split=0.1,
        verbose=0,
    )
    model.save(path)


if __name__ == "__main__":
    main(sys.argv[1])
