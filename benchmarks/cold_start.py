"""One image from a cold start, and `--help`: beside a Keras script, and beside bare imports.

    python benchmarks/cold_start.py

`digitnet predict` and a Keras script with the same network read the same PNG of 28 x 28 pixels with
OpenCV and name its digit, each a process of its own, in turn. Aimed at: at most 1/14 of the
script's wall time, at most 110 MiB resident. `digitnet --help` is compared with `python -c "import
typer, rich"`: at most 1.6 times. The last table says where the time of `predict` goes: each line is
a process that imports one thing more than the line before it, and what remains is digitnet's own.
Printed are medians; the memory is the largest of all runs. Limit: all files are in the disk cache.
"""

import argparse
import sys

from processes import DIGITNET, KERAS_MODEL, ROOT, Program, medians

IMAGE = str(ROOT / "samples" / "tiny-28-pixels-5.png")

KERAS_SCRIPT = f"""
import cv2, keras
model = keras.models.load_model({KERAS_MODEL!r}, compile=False)
image = cv2.imread({IMAGE!r}, cv2.IMREAD_GRAYSCALE)
print(model.predict(image[None], verbose=0)[0, :10].argmax())
"""

IMPORTS = ("typer", "numpy", "cv2", "ai_edge_litert.interpreter")


def python(code: str) -> Program:
    """A program of one line."""
    return Program([sys.executable, "-c", code])


def main() -> None:
    """Measure all in turn and print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="of each (default: 5)")
    options = parser.parse_args()
    predict, script = Program([*DIGITNET, "predict", IMAGE]), python(KERAS_SCRIPT)
    stages = {"Python": python("pass")} | {
        f"import {name}": python(f"import {', '.join(IMPORTS[: count + 1])}")
        for count, name in enumerate(IMPORTS)
    }
    programs = {
        "digitnet predict": predict,
        "Keras script": script,
        "digitnet --help": Program([*DIGITNET, "--help"]),
        "import typer, rich": python("import typer, rich"),
    }
    seconds = medians({**programs, **stages}, options.runs)
    for program in (predict, script):
        if b"5" not in program.printed.split():
            sys.exit(f"the answer is {program.printed!r}, expected 5")
    for name, program in programs.items():
        print(f"{name:34}{1000 * seconds[name]:8.0f} ms{program.mebibytes:8.0f} MiB")
    ratio = seconds["Keras script"] / seconds["digitnet predict"]
    print(f"digitnet predict takes 1/{ratio:.1f} of the script's time (at most 1/14)")
    ratio = seconds["digitnet --help"] / seconds["import typer, rich"]
    print(f"digitnet --help takes {ratio:.2f} times the bare imports (at most 1.6)\n")
    before = 0.0
    for name in stages:
        print(f"{name:34}{1000 * (seconds[name] - before):8.0f} ms")
        before = seconds[name]
    print(f"{'digitnet itself':34}{1000 * (seconds['digitnet predict'] - before):8.0f} ms")


if __name__ == "__main__":
    main()
