"""Records of benchmark runs: results, date, machine and commit; one file per benchmark."""

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.harness.options import WITHOUT_EFFECT, without_folders
from benchmarks.harness.processes import ROOT
from benchmarks.harness.result import Result

RECORDS = ROOT / "benchmarks" / "records"

LIBRARIES = (
    "ai-edge-litert",
    "keras",
    "numpy",
    "opencv-python",
    "pillow",
    "scikit-learn",
    "tensorflow",
)

Record = dict[str, Any]
"""A record; `make` sets its keys."""


def commit() -> str:
    """Return the current commit, with a `+` if code or models differ from it."""
    code = (".", ":(exclude)benchmarks/records", ":(exclude)docs", ":(exclude)*.md")
    try:
        head = _git("rev-parse", "--short=10", "HEAD")
        return head + ("+" if _git("status", "--porcelain", "--", *code) else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()


def machine() -> dict[str, Any]:
    """Describe this machine: processor, cores, memory, Python and the main libraries."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "GiB": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "libraries": {name: importlib.metadata.version(name) for name in LIBRARIES},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(": ")[2] for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown")


def make(
    command: str, options: argparse.Namespace, code: str, seconds: float, result: Result
) -> Record:
    """Make the record of a run.

    Args:
        command: command that reproduces the run.
        options: options of the run; paths are reduced to their last part.
        code: result of `commit` at the start of the run.
        seconds: duration.
        result: result of the run.
    """
    return {
        "command": command,
        "options": {
            name: without_folders(value)
            for name, value in sorted(vars(options).items())
            if name not in WITHOUT_EFFECT
        },
        "commit": code,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "seconds": round(seconds),
        "machine": machine(),
        **result.data(),
        "printed": result.markdown().split("\n"),
    }


def write(name: str, record: Record, folder: Path) -> None:
    """Save the record of a benchmark, replacing the previous one."""
    folder.mkdir(exist_ok=True)
    text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
    (folder / f"{name}.json").write_text(text, "utf-8")


def read_all(folder: Path) -> dict[str, Record]:
    """Read all records, by the name of the benchmark."""
    return {
        path.stem: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))
    }


def figures(name: str, record: Record) -> dict[str, float]:
    """Return every number of a record.

    Returns:
        The numbers by `NAME: FIGURE`, `NAME: ROW, COLUMN` and `NAME: TITLE: ROW, COLUMN`. If
        several tables have the same row and column, the second form refers to the first of them.
    """
    found = {f"{name}: {figure}": value for figure, value in record["figures"].items()}
    for table in record["tables"]:
        for row, values in table["rows"].items():
            for column, value in zip(table["columns"][1:], values, strict=True):
                if isinstance(value, int | float):
                    found.setdefault(f"{name}: {row}, {column}", value)
                    found[f"{name}: {table['title']}: {row}, {column}"] = value
    return found
