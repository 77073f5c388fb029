"""Environments of rivals: each has its own, so that digitnet never imports what they need."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path


def requirements(path: Path) -> dict[str, list[str]]:
    """What pip installs for each rival, by its name: a line each, `#` begins a comment."""
    lines = (line.partition("#")[0].split() for line in path.read_text("utf-8").splitlines())
    return {words[0]: words[1:] for words in lines if words}


def python_with(packages: list[str], cache: Path) -> str:
    """The Python of an environment with these packages, which is made once.

    Raises:
        OSError: it cannot be made; the text says why, in one line.
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
