"""Short run of the fuzzer on damaged files of every kind."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from fuzz import Tally, supervise

CASES = 3000
FUZZER = Path(__file__).with_name("fuzz.py")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the fuzzer needs Linux's /proc")


@pytest.mark.slow
@pytest.mark.usefixtures("reader")
def test_damaged_files_are_answered_or_refused(environment: dict[str, str]) -> None:
    command = [sys.executable, str(FUZZER), "--cases", str(CASES), "--jobs", "1"]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"{CASES:,}" in ran.stdout.splitlines()[-2]


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", f"crash by signal {signal.SIGSEGV:d}"),
        ("os.kill(os.getpid(), signal.SIGPROF)", "hang"),
        ('print(\'["traceback", "IndexError", 0, 0]\', flush=True)', "traceback"),
        ('print(\'["memory", "999 MiB", 0, 0]\', flush=True)', "memory"),
    ],
)
def test_fuzzer_detects_every_fault(
    code: str, outcome: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    worker = tmp_path / "worker.py"
    worker.write_text(
        "import os, signal, sys\n"
        "for case in range(int(sys.argv[3]), int(sys.argv[4])):\n"
        '    print(f\'[{case}, "image", "a.png"]\', flush=True)\n'
        f"    if case == 1: {code}\n"
        '    else: print(\'["refused", "", 0, 0]\', flush=True)\n'
    )
    monkeypatch.setattr("fuzz.__file__", str(worker))
    tally = Tally()
    supervise(tally, 0, 0, 4, 1)
    (fault,) = tally.faults
    assert fault.startswith(f"case 1, image: {outcome}")
    assert tally.outcomes == {("image", "refused"): 3, ("image", "lost"): 1}
