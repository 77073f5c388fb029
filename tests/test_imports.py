"""Heavy packages are imported only when needed, checked in fresh interpreters."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

TRAINING_ONLY = ("tensorflow", "keras")
READING_ONLY = ("numpy", "cv2", "ai_edge_litert")
SOMETIMES = ("h5py", "matplotlib", "pyarrow", "rich", "scipy", "sklearn")


def loaded_after(
    code: str, names: tuple[str, ...], environment: dict[str, str], *arguments: str
) -> list[str]:
    """Return which packages in `names` a fresh interpreter has loaded after running `code`."""
    program = f"""
import sys
try:
    {code}
except SystemExit:
    pass
print("loaded:", *(name for name in {names!r} if name in sys.modules))
"""
    result = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        env=environment,
        text=True,
        check=True,
    )
    return result.stdout.splitlines()[-1].removeprefix("loaded:").split()


def test_importing_digitnet_loads_nothing_heavy(environment: dict[str, str]) -> None:
    names = TRAINING_ONLY + READING_ONLY + SOMETIMES
    assert loaded_after("import digitnet", names, environment) == []


@pytest.mark.parametrize("arguments", [["--help"], ["predict", "--help"], ["predict"]])
def test_help_and_usage_errors_load_nothing_heavy(
    environment: dict[str, str], arguments: list[str]
) -> None:
    names = TRAINING_ONLY + READING_ONLY + SOMETIMES
    code = "from digitnet.cli import main; main()"
    assert loaded_after(code, names, environment, *arguments) == []


@pytest.mark.parametrize("image", ["paint-3.png", "labels.csv"])
def test_answers_and_errors_of_predict_load_only_what_they_need(
    environment: dict[str, str], samples: Path, image: str
) -> None:
    names = TRAINING_ONLY + SOMETIMES
    code = "from digitnet.cli import main; main()"
    assert loaded_after(code, names, environment, "predict", str(samples / image)) == []


def test_evaluate_loads_scikit_learn_only_to_split_a_data_set(
    environment: dict[str, str], tmp_path: Path
) -> None:
    digits = np.zeros((20, 28, 28), np.uint8)
    labels = np.arange(20, dtype=np.uint8) % 10
    arrays = {"x_train": digits, "y_train": labels, "x_test": digits, "y_test": labels}
    path = tmp_path / "digits.npz"
    np.savez(path, allow_pickle=False, **arrays)
    code = "from digitnet.cli import main; main()"
    arguments = ["evaluate", "--dataset", str(path), "--split", "official"]
    assert loaded_after(code, TRAINING_ONLY + SOMETIMES, environment, *arguments) == []


@pytest.mark.usefixtures("reader")
def test_using_the_recognizer_from_python_prints_nothing(
    environment: dict[str, str], samples: Path
) -> None:
    code = (
        "import sys; from digitnet import Recognizer; r = Recognizer.load(); "
        "print(*[p.digits for p in r.predict_many(sys.argv[1:])])"
    )
    images = [str(samples / "paint-3.png"), str(samples / "paint-0.png")]
    result = subprocess.run(
        [sys.executable, "-c", code, *images],
        capture_output=True,
        env=environment,
        text=True,
        check=True,
    )
    assert (result.stdout, result.stderr) == ("3 0\n", "")
