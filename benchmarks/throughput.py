"""10,000 digits as PNG files to a CSV file, beside the least that can be and beside a Keras script.

    python benchmarks/throughput.py

MNIST's test digits lie in a folder as PNGs of 28 x 28 pixels. `digitnet predict` reads the folder
on two cores, from its start to its end. The floor is what no program with this network can do
without: reading the files with `cv2.imread`, and running `model.tflite` on the ready pictures in
its best batch, both on two threads, start-up not counted. The Keras script reads the same files
with OpenCV and predicts with the same network in batches of 32, start-up counted. Printed are
medians; aimed at are at most 2.5 times the floor, and at least 4 times as fast as the script. The
digits are a workload here: no answer is compared with a label, but that one thread writes the same
file. Limit: the files are in the disk cache.
"""

import argparse
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
from processes import DIGITNET, KERAS_MODEL, ROOT, Program, medians, two_cores

from digitnet.learning.datasets import load

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


def read(paths: list[str]) -> None:
    """Read files."""
    for path in paths:
        cv2.imread(path, cv2.IMREAD_GRAYSCALE)


def classifier(batch: int) -> Callable[[NDArray[np.uint8]], None]:
    """A network that is ready for batches of this size."""
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
    """The work of running the network over all digits, on all threads."""
    networks = [classifier(batch) for _ in range(THREADS)]
    parts = np.array_split(digits, THREADS)

    def work() -> float:
        began = time.perf_counter()
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda network, part: network(part), networks, parts))
        return time.perf_counter() - began

    return work


def main() -> None:
    """Measure all, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--limit", type=int, default=10_000, metavar="N", help="so many digits")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="of each (default: 5)")
    options = parser.parse_args()
    two_cores()
    cv2.setNumThreads(1)
    mnist = load("mnist")
    digits = mnist.images[mnist.official][: options.limit]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "digits")
        folder.mkdir()
        paths = [str(folder / f"{number:05}.png") for number in range(len(digits))]
        for path, digit in zip(paths, digits, strict=True):
            cv2.imwrite(path, digit)
        parts = [paths[first::THREADS] for first in range(THREADS)]

        def reading() -> float:
            began = time.perf_counter()
            with ThreadPoolExecutor(THREADS) as pool:
                list(pool.map(read, parts))
            return time.perf_counter() - began

        batches = medians({str(batch): classifying(digits, batch) for batch in BATCHES}, 3)
        batch = int(min(batches, key=lambda name: batches[name]))
        ours, alone = f"{scratch}/ours.csv", f"{scratch}/alone.csv"
        command = [*DIGITNET, "predict", str(folder), "--format", "csv"]
        one = Program([*command, "--jobs", "1", "--output", alone], (0, SOME_UNSURE))
        two = Program([*command, "--jobs", str(THREADS), "--output", ours], (0, SOME_UNSURE))
        script = [KERAS_SCRIPT, str(folder), f"{scratch}/keras.csv", KERAS_MODEL]
        seconds = medians(
            {
                "digitnet predict": two,
                "  with --jobs 1": one,
                "floor: cv2.imread": reading,
                f"floor: model.tflite, {batch} at once": classifying(digits, batch),
                "Keras script": Program([sys.executable, "-c", *script]),
            },
            options.runs,
        )
        if Path(ours).read_bytes() != Path(alone).read_bytes():
            sys.exit("one thread and two have given different answers")
    for name, taken in seconds.items():
        print(f"{name:36}{taken:7.2f} s{len(digits) / taken:10,.0f} a second")
    floor = sum(taken for name, taken in seconds.items() if name.startswith("floor"))
    mine = seconds["digitnet predict"]
    print(f"{mine / floor:.2f} times the floor (at most 2.5)")
    print(f"{seconds['Keras script'] / mine:.1f} times as fast as the script (at least 4)")


if __name__ == "__main__":
    main()
