"""One image from a cold start: `digitnet predict` beside a Keras script with the same network.

    python benchmarks/cold_start.py

Both read the same PNG with OpenCV and name its digit, each a process of its own, in turn. Printed
are the medians of wall time, the peaks of resident memory, and the ratio of the times.
"""

import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IMAGE = ROOT / "samples" / "tiny-28-pixels-5.png"
RUNS = 5

KERAS_SCRIPT = f"""
import cv2, keras
model = keras.models.load_model({str(ROOT / "models" / "cnn" / "model.keras")!r}, compile=False)
image = cv2.imread({str(IMAGE)!r}, cv2.IMREAD_GRAYSCALE)
print(model.predict(image[None], verbose=0).argmax())
"""


def run(command: list[str]) -> tuple[float, float]:
    """Seconds and MiB of one process."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT, env=os.environ
    )
    printed, _ = process.communicate()
    seconds = time.perf_counter() - began
    if "5" not in printed.decode().split():
        sys.exit(f"{command[:3]} answered {printed.decode()!r}, expected 5")
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def main() -> None:
    """Measure both in turn and print the medians."""
    commands = {
        "digitnet predict": [sys.executable, "-m", "digitnet", "predict", str(IMAGE)],
        "Keras script": [sys.executable, "-c", KERAS_SCRIPT],
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    memory: dict[str, float] = {}
    for count in range(RUNS + 1):  # the first round fills the disk cache
        for name, command in commands.items():
            taken, peak = run(command)
            # the peak of all children so far: digitnet's is known before Keras first runs
            memory.setdefault(name, peak)
            if count:
                seconds[name].append(taken)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    for name, median in medians.items():
        print(f"{name:17} {median:6.2f} s  {memory[name]:5.0f} MiB")
    ratio = medians["Keras script"] / medians["digitnet predict"]
    print(f"digitnet takes 1/{ratio:.1f} of the time (median of {RUNS} runs each)")


if __name__ == "__main__":
    main()
