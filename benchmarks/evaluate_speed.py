"""`digitnet evaluate` on MNIST's official test part beside Keras's `evaluate` in a script.

    python benchmarks/evaluate_speed.py

Both load the same network and `mnist.npz`, measure it on the 10,000 official test digits, and print
the error; each is a process of its own, in turn, start-up included. Printed are medians and the
ratio, which is aimed at being at most 1/3. The script uses Keras's own batches of 32. Limit: the
script computes loss and error only, and counts as an error what the network calls no digit;
`digitnet evaluate` adds the error of each digit, confusion and calibration.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from processes import DIGITNET, KERAS_MODEL, Program, medians

KERAS_SCRIPT = """
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
print(1 - model.evaluate(x, y, verbose=0)[1])
"""


def main() -> None:
    """Measure both in turn and print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="of each (default: 5)")
    options = parser.parse_args()
    cache = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"), "datasets")
    data = Path(os.environ.get("DIGITNET_DATA", cache), "mnist.npz")
    if not data.is_file():
        sys.exit(f"no {data}: DIGITNET_DATA names the folder with mnist.npz")
    ours = Program([*DIGITNET, "evaluate", "--split", "official", "--format", "json"])
    script = Program([sys.executable, "-c", KERAS_SCRIPT, str(data), KERAS_MODEL])
    seconds = medians({"digitnet evaluate": ours, "Keras script": script}, options.runs)
    errors = (json.loads(ours.printed)["error"], float(script.printed.split()[-1]))
    programs = {"digitnet evaluate": ours, "Keras script": script}
    for (name, program), error in zip(programs.items(), errors, strict=True):
        print(f"{name:20}{seconds[name]:7.2f} s{program.mebibytes:7.0f} MiB   error {error:.2%}")
    ratio = seconds["Keras script"] / seconds["digitnet evaluate"]
    print(f"digitnet takes 1/{ratio:.1f} of the time (at most 1/3)")


if __name__ == "__main__":
    main()
