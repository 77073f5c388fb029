"""A virtual environment for each rival, so that digitnet never imports the rival's packages."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path


def requirements(path: Path) -> dict[str, list[str]]:
    """Read the pip requirements of each rival: a line with its name and packages, `#` comments."""
    lines = (line.partition("#")[0].split() for line in path.read_text("utf-8").splitlines())
    return {words[0]: words[1:] for words in lines if words}


def python_with(packages: list[str], cache: Path) -> str:
    """Return the Python interpreter of a cached environment with these packages.

    Raises:
        OSError: if the environment cannot be created; the message gives the reason in one line.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    key = hashlib.sha256(" ".join([version, *packages]).encode()).hexdigest()[:16]
    folder = cache / "rivals" / key
    python, complete = folder / "bin" / "python", folder / "complete"
    if not complete.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        _run([sys.executable, "-m", "venv", str(folder)])
        _run([str(python), "-m", "pip", "install", "--quiet", *packages])
        complete.touch()
    return str(python)


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or [f"exit code {done.returncode}"]
        raise OSError(said[-1])
