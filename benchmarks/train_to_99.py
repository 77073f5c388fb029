"""How soon 99 % of MNIST's test digits are right: `digitnet train` beside the Keras example.

    python benchmarks/train_to_99.py

Each program runs as a process of its own: `digitnet train` without any option but --output, and a
script with the network, the batches and the optimizer of Keras's example for MNIST (two
convolutions with 32 and 64 filters of 3 x 3, each with max pooling, dropout of a half, Adam,
batches of 128, a tenth of the 60,000 for validation). After each epoch both are measured on the
10,000 test digits by the same callback, until 99 % are right. Printed are the seconds from the
start of the process to then, imports, loading and measuring included, medians of three runs; aimed
at is a ratio of 0.35. `digitnet train` has the same seed each time, as it has without options, the
example 0, 1 and 2: some take twice as many epochs as others. These figures choose nothing.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from processes import ENVIRONMENT, ROOT, two_cores

from digitnet.learning.datasets import load

STOPWATCH = """
import os, sys, time
import keras, numpy as np
folder, began = sys.argv[1], float(sys.argv[2])
test = np.load(folder + "/test.npz")

class Stopwatch(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        answers = self.model.predict(prepare(test["x"]), batch_size=1000, verbose=0)[:, :10]
        right = (answers.argmax(axis=1) == test["y"]).mean()
        print(epoch + 1, time.time() - began, right, flush=True)
        if right >= 0.99:
            os._exit(0)
"""

DIGITNET = f"""{STOPWATCH}
prepare = lambda pixels: pixels
fit = keras.Model.fit
def timed(model, *given, callbacks, **named):
    return fit(model, *given, callbacks=[*callbacks, Stopwatch()], **named)
keras.Model.fit = timed
sys.argv[1:] = ["train", "--output", folder + "/model", "--quiet"]
from digitnet.cli import main
main()
"""

KERAS = f"""{STOPWATCH}
from keras import layers
keras.utils.set_random_seed(int(sys.argv[3]))
def prepare(pixels):
    return pixels[..., None].astype("float32") / 255
train = np.load(folder + "/train.npz")
model = keras.Sequential([
    keras.Input((28, 28, 1)),
    layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(),
    layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(),
    layers.Flatten(), layers.Dropout(0.5), layers.Dense(10, activation="softmax"),
])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(prepare(train["x"]), train["y"], batch_size=128, epochs=30, validation_split=0.1,
          callbacks=[Stopwatch()], verbose=0)
"""


def seconds_to_99(name: str, script: str, folder: str, seed: int) -> float:
    """Run a program until it is right enough, and print its epochs.

    Raises:
        SystemExit: it ended before.
    """
    command = [sys.executable, "-c", script, folder, str(time.time()), str(seed)]
    process = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT, env=ENVIRONMENT
    )
    epochs = [line.split() for line in process.stdout.decode().splitlines()]
    for epoch, seconds, right in epochs:
        print(f"{name:16} epoch {epoch:>2}  {float(seconds):6.1f} s  {float(right):.2%} right")
    if not epochs or float(epochs[-1][2]) < 0.99:
        sys.exit(f"{name} did not get to 99 %")
    return float(epochs[-1][1])


def main() -> None:
    """Run both, and print the ratio."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="of each (default: 3)")
    runs = parser.parse_args().runs
    two_cores()
    mnist = load("mnist")
    with tempfile.TemporaryDirectory() as folder:
        for part, chosen in (("test", mnist.official), ("train", ~mnist.official)):
            np.savez(Path(folder, part), x=mnist.images[chosen], y=mnist.labels[chosen])
        ours, theirs = [], []
        for run in range(runs):
            ours.append(seconds_to_99("digitnet train", DIGITNET, folder, run))
            theirs.append(seconds_to_99("Keras example", KERAS, folder, run))
            shutil.rmtree(Path(folder, "model.training"), ignore_errors=True)
    ratio = statistics.median(ours) / statistics.median(theirs)
    print(f"{ratio:.2f} of the Keras example's time (at most 0.35)")


if __name__ == "__main__":
    main()
