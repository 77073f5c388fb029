"""Time to 99 %: how soon 99 % of the test digits are right, compared with Keras's example.

Each program runs in its own process: `digitnet train` with default options except --output, and a
script with the network, batch size and optimizer of Keras's MNIST example (two convolutions with 32
and 64 filters of 3 x 3, each with max pooling, dropout of 0.5, Adam, batches of 128, a tenth of the
60,000 digits for validation). After each epoch, the same callback evaluates both on the 10,000 test
digits until 99 % are right. Times run from the start of the process, including imports, loading and
evaluation; the median counts. Target: a ratio of 0.35. `digitnet train` uses its default seed, the
example 0, 1 and 2: the number of epochs varies by a factor of two. These figures choose nothing.
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

from benchmarks.harness import digits, options
from benchmarks.harness.processes import ENVIRONMENT, ROOT, two_cores
from benchmarks.harness.result import Result, Table

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
from benchmarks.harness.keras_example import build, prepare
keras.utils.set_random_seed(int(sys.argv[3]))
train = np.load(folder + "/train.npz")
build().fit(prepare(train["x"]), train["y"], batch_size=128, epochs=30, validation_split=0.1,
            callbacks=[Stopwatch()], verbose=0)
"""


TARGETS = {
    "ratio": "at most 0.35",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--runs`."""
    options.add(parser, runs=3)


def run(options: argparse.Namespace, result: Result) -> None:
    """Run both programs in turn."""
    two_cores()
    mnist = digits.mnist()
    table = result.table("run", {"epochs": "", "seconds": ".1f", "right": ".2%"})
    with tempfile.TemporaryDirectory() as folder:
        for part, chosen in (("test", mnist.official), ("train", ~mnist.official)):
            np.savez(Path(folder, part), x=mnist.images[chosen], y=mnist.labels[chosen])
        ours, theirs = [], []
        for run in range(options.runs):
            ours.append(seconds_to_99(table, "digitnet train", DIGITNET, folder, run))
            theirs.append(seconds_to_99(table, "Keras example", KERAS, folder, run))
            shutil.rmtree(Path(folder, "model.training"), ignore_errors=True)
    mine, example = statistics.median(ours), statistics.median(theirs)
    result.figure("digitnet train", mine, "`digitnet train`: {:.1f} s")
    result.figure("Keras example", example, "Keras example: {:.1f} s")
    result.figure("ratio", mine / example, "{:.2f} of the Keras example's time (at most 0.35)")


def seconds_to_99(table: Table, name: str, script: str, folder: str, run: int) -> float:
    """Run a program until it reaches 99 % and add a row.

    Raises:
        SystemExit: if it ends before.
    """
    command = [sys.executable, "-c", script, folder, str(time.time()), str(run)]
    process = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT, env=ENVIRONMENT
    )
    epochs = [line.split() for line in process.stdout.decode().splitlines()]
    if not epochs or float(epochs[-1][2]) < 0.99:
        sys.exit(f"{name} did not reach 99 %")
    epoch, seconds, right = epochs[-1]
    table.row(f"{name}, run {run + 1}", int(epoch), float(seconds), float(right))
    return float(seconds)
