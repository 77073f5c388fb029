"""Throughput: ten thousand digits by `predict` and `evaluate`, compared with Keras scripts.

MNIST's test digits are PNGs of 28 x 28 pixels in a folder. `digitnet predict` reads the folder on
two cores and writes a CSV file, start-up included. The *floor* is the minimum for any program with
this network: reading the files with `cv2.imread`, and running `model.tflite` on the decoded images
with its best batch size, both on two threads, without start-up. The Keras script reads the same
files with OpenCV and predicts with the same network in batches of 32, start-up included. Targets:
at most 2.5 times the floor, and at least 4 times as fast as the script. Answers are not scored, but
one thread must write the same file as two. MNIST's own images are used as they are; other images of
this size take about 0.05 ms more each.

`digitnet evaluate` on the same digits is compared with Keras's `evaluate`, which computes only loss
and error; target: a third of its time. Times are medians; all files are in the disk cache.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from benchmarks.harness import digits, options
from benchmarks.harness.processes import DIGITNET, KERAS_MODEL, ROOT, Program, medians, two_cores
from benchmarks.harness.result import Result

THREADS = 2
BATCHES = (8, 16, 32, 64, 128, 256)
SOME_UNSURE = 3

KERAS_SCRIPT = """
import csv, os, sys
import cv2, keras, numpy as np
folder, output, model = sys.argv[1:]
model = keras.models.load_model(model, compile=False)
paths = sorted(os.path.join(folder, name) for name in os.listdir(folder))
images = np.stack([cv2.imread(path, cv2.IMREAD_GRAYSCALE) for path in paths])
answers = model.predict(images, batch_size=32, verbose=0)[:, :10].argmax(axis=1)
with open(output, "w", newline="") as file:
    csv.writer(file).writerows(zip(paths, answers))
"""


KERAS_EVALUATE = """
import sys
import keras, numpy as np
data, path = sys.argv[1:]
with np.load(data) as archive:
    x, y = archive["x_test"], archive["y_test"]
model = keras.models.load_model(path, compile=False)
def loss(y, answers):
    return keras.losses.sparse_categorical_crossentropy(y, answers[:, :10])
def accuracy(y, answers):
    return keras.metrics.sparse_categorical_accuracy(y, answers[:, :10])
model.compile(loss=loss, metrics=[accuracy])
model.evaluate(x, y, verbose=0)
"""


TARGETS = {
    "times the floor": "at most 2.5",
    "times as fast": "at least 4",
    "evaluate times as fast": "at least 3",
}


def read(paths: list[str]) -> None:
    """Read files."""
    for path in paths:
        cv2.imread(path, cv2.IMREAD_GRAYSCALE)


def classifier(batch: int) -> Callable[[NDArray[np.uint8]], None]:
    """Load the network for batches of this size and return its classify function."""
    network = Interpreter(str(ROOT / "models" / "cnn" / "model.tflite"), num_threads=1)
    place = network.get_input_details()[0]["index"]
    answer = network.get_output_details()[0]["index"]
    network.resize_tensor_input(place, (batch, 28, 28))
    network.allocate_tensors()

    def classify(digits: NDArray[np.uint8]) -> None:
        for start in range(0, len(digits) // batch * batch, batch):
            network.set_tensor(place, digits[start : start + batch])
            network.invoke()
            network.get_tensor(answer)

    return classify


def classifying(digits: NDArray[np.uint8], batch: int) -> Callable[[], float]:
    """Make a function that runs the network on all digits, on all threads, and times it."""
    networks = [classifier(batch) for _ in range(THREADS)]
    parts = np.array_split(digits, THREADS)

    def work() -> float:
        began = time.perf_counter()
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda network, part: network(part), networks, parts))
        return time.perf_counter() - began

    return work


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--limit` and `--runs`."""
    options.add(parser, limit=10_000, runs=5)


def run(options: argparse.Namespace, result: Result) -> None:
    """Measure all programs in turn."""
    two_cores()
    cv2.setNumThreads(1)
    mnist = digits.mnist()
    images = mnist.images[mnist.official][: options.limit]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "digits")
        folder.mkdir()
        paths = [str(folder / f"{number:05}.png") for number in range(len(images))]
        for path, digit in zip(paths, images, strict=True):
            cv2.imwrite(path, digit)
        parts = [paths[first::THREADS] for first in range(THREADS)]

        def reading() -> float:
            began = time.perf_counter()
            with ThreadPoolExecutor(THREADS) as pool:
                list(pool.map(read, parts))
            return time.perf_counter() - began

        batches = medians({str(batch): classifying(images, batch) for batch in BATCHES}, 3)
        batch = int(min(batches, key=lambda name: batches[name]))
        ours, alone = f"{scratch}/ours.csv", f"{scratch}/alone.csv"
        command = [*DIGITNET, "predict", str(folder), "--format", "csv"]
        one = Program([*command, "--jobs", "1", "--output", alone], (0, SOME_UNSURE))
        two = Program([*command, "--jobs", str(THREADS), "--output", ours], (0, SOME_UNSURE))
        script = [KERAS_SCRIPT, str(folder), f"{scratch}/keras.csv", KERAS_MODEL]
        seconds = medians(
            {
                "digitnet predict": two,
                "digitnet predict --jobs 1": one,
                "floor: cv2.imread": reading,
                f"floor: model.tflite, {batch} at once": classifying(images, batch),
                "Keras script": Program([sys.executable, "-c", *script]),
            },
            options.runs,
        )
        if Path(ours).read_bytes() != Path(alone).read_bytes():
            sys.exit("one thread and two gave different answers")
    table = result.table("program", {"seconds": ".2f", "digits per second": ",.0f"})
    for name, taken in seconds.items():
        table.row(name, taken, len(images) / taken)
    floor = sum(taken for name, taken in seconds.items() if name.startswith("floor"))
    mine, script_s = seconds["digitnet predict"], seconds["Keras script"]
    result.figure("times the floor", mine / floor, "{:.2f} times the floor (at most 2.5)")
    result.figure(
        "times as fast", script_s / mine, "{:.1f} times as fast as the script (at least 4)"
    )
    evaluate(options.runs, result)


def evaluate(runs: int, result: Result) -> None:
    """Compare `digitnet evaluate` with Keras's `evaluate` on all official test digits."""
    cache = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"), "datasets")
    data = Path(os.environ.get("DIGITNET_DATA", cache), "mnist.npz")
    if not data.is_file():
        result.say(f"no {data.name}: `digitnet evaluate` was not measured")
        return
    programs = {
        "digitnet evaluate": Program([*DIGITNET, "evaluate", "--split", "official"]),
        "Keras evaluate": Program([sys.executable, "-c", KERAS_EVALUATE, str(data), KERAS_MODEL]),
    }
    seconds = medians(dict(programs), runs)
    table = result.table("program", {"seconds": ".2f", "MiB": ",.0f"})
    for name, program in programs.items():
        table.row(name, seconds[name], program.mebibytes)
    result.figure(
        "evaluate times as fast",
        seconds["Keras evaluate"] / seconds["digitnet evaluate"],
        "`digitnet evaluate` takes 1/{:.1f} of the time of Keras's (at most 1/3)",
    )
