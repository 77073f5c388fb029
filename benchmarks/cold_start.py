"""Cold start: one image, compared with a Keras script and bare imports.

`digitnet predict` and a Keras script with the same network classify the same PNG of 28 x 28 pixels,
each in its own process, in turn. Targets: at most 1/18 of the script's wall time, at most 110 MiB
resident. `digitnet --help` is compared with `python -c "import typer, rich"`: at most 1.6 times.
The second table breaks down the time of `predict`: each row is a process that imports one more
package than the row before it; the rest is digitnet's own. Times are medians; memory is the maximum
of all runs. All files are in the disk cache.
"""

import argparse
import sys

from benchmarks.harness import options
from benchmarks.harness.processes import DIGITNET, KERAS_MODEL, ROOT, Program, medians
from benchmarks.harness.result import Result

IMAGE = str(ROOT / "samples" / "tiny-28-pixels-5.png")

KERAS_SCRIPT = f"""
import cv2, keras
model = keras.models.load_model({KERAS_MODEL!r}, compile=False)
image = cv2.imread({IMAGE!r}, cv2.IMREAD_GRAYSCALE)
print(model.predict(image[None], verbose=0)[0, :10].argmax())
"""

IMPORTS = ("typer", "numpy", "cv2", "ai_edge_litert.interpreter")


TARGETS = {
    "speedup": "at least 18",
    "digitnet predict, MiB": "at most 110",
    "help relative to imports": "at most 1.6",
}


def python(code: str) -> Program:
    """Make a program that runs Python code."""
    return Program([sys.executable, "-c", code])


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--runs`."""
    options.add(parser, runs=5)


def run(options: argparse.Namespace, result: Result) -> None:
    """Measure all programs in turn."""
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
    table = result.table("program", {"seconds": ".3f", "MiB": ".0f"})
    for name, program in programs.items():
        table.row(name, seconds[name], program.mebibytes)
    table = result.table("stage", {"additional ms": ".0f"})
    before = 0.0
    for name in stages:
        table.row(name, 1000 * (seconds[name] - before))
        before = seconds[name]
    table.row("digitnet itself", 1000 * (seconds["digitnet predict"] - before))
    result.figure(
        "speedup",
        seconds["Keras script"] / seconds["digitnet predict"],
        "`digitnet predict` takes 1/{:.1f} of the script's time (at most 1/18)",
    )
    result.figure(
        "help relative to imports",
        seconds["digitnet --help"] / seconds["import typer, rich"],
        "`digitnet --help` takes {:.2f} times the bare imports (at most 1.6)",
    )
