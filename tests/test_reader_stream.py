"""The process that generates training lines: what it sends, and how it ends."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from digitnet.errors import DigitnetError
from digitnet.synthesis.characters.drawn import make_drawn
from digitnet.synthesis.characters.fonts import find_faces
from digitnet.synthesis.lines.writing.sources import Sources
from digitnet.training.reader.batches import epoch_batches
from digitnet.training.reader.stream import LineBatches

ROOT = Path(__file__).resolve().parent.parent

pytestmark = [
    pytest.mark.slow,  # each starts a process
    pytest.mark.skipif(sys.platform == "win32", reason="signals and sessions are POSIX's"),
]


@pytest.fixture(scope="module")
def sources() -> Sources:
    return Sources(*make_drawn(100, find_faces(None, ""), np.random.default_rng(0)))


@pytest.fixture
def batches(sources: Sources) -> Iterator[LineBatches]:
    with closing(LineBatches(sources, seed=3, epochs=4, steps=2)) as batches:
        yield batches


def worker_of(batches: LineBatches) -> "subprocess.Popen[bytes]":
    assert batches._process is not None
    return batches._process._worker


def wait_until_gone(number: int) -> None:
    """Wait for the end of a process that is not a child of this one."""
    for _ in range(600):
        try:
            os.kill(number, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail(f"process {number} did not end")


def test_the_process_sends_the_batches_of_the_requested_epochs(
    sources: Sources, batches: LineBatches
) -> None:
    for epoch in (2, 3):
        batches.start_epoch(epoch)
        taken = list(batches.take_epoch())
        expected = list(epoch_batches(sources, 3, epoch, 2))
        assert len(taken) == len(batches) == 2
        for (pictures, targets), (wanted, wanted_targets) in zip(taken, expected, strict=True):
            np.testing.assert_array_equal(pictures, wanted)
            np.testing.assert_array_equal(targets, wanted_targets)
    assert worker_of(batches).wait() == 0


def test_a_killed_process_is_reported_on_one_line(sources: Sources) -> None:
    with closing(LineBatches(sources, seed=0, epochs=1, steps=1000)) as batches:
        batches.start_epoch(0)
        taken = batches.take_epoch()
        next(taken)
        worker_of(batches).kill()
        with pytest.raises(RuntimeError, match="no more lines"):
            list(taken)
    assert isinstance(batches.failure, DigitnetError)
    assert str(batches.failure) == (
        "the process that makes lines was killed by SIGKILL, perhaps for lack of memory"
    )


def test_an_error_in_the_process_keeps_its_traceback(sources: Sources) -> None:
    with closing(LineBatches(sources, seed=-1, epochs=1, steps=1)) as batches:
        batches.start_epoch(0)
        with pytest.raises(RuntimeError, match="no more lines"):
            list(batches.take_epoch())
    assert "Traceback" in str(batches.failure)
    assert "default_rng" in str(batches.failure)


def test_closing_ends_a_process_that_waits_for_room(sources: Sources) -> None:
    batches = LineBatches(sources, seed=0, epochs=1, steps=1000)
    batches.start_epoch(0)
    next(batches.take_epoch())
    batches.close()
    assert worker_of(batches).returncode == -signal.SIGKILL
    batches.close()


def test_ctrl_c_and_a_closed_terminal_do_not_reach_the_process(sources: Sources) -> None:
    with closing(LineBatches(sources, seed=0, epochs=1, steps=1000)) as batches:
        batches.start_epoch(0)
        assert os.getsid(worker_of(batches).pid) != os.getsid(0)


def test_the_process_does_not_load_tensorflow() -> None:
    code = "import digitnet.training.reader.worker, digitnet.training.reader.batches, sys\n"
    code += "assert not {'tensorflow', 'keras'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | {"PYTHONPATH": "."})


def test_the_process_ends_with_a_killed_training() -> None:
    code = textwrap.dedent("""
        import numpy as np, time
        from digitnet.synthesis.characters.drawn import make_drawn
        from digitnet.synthesis.characters.fonts import find_faces
        from digitnet.synthesis.lines.writing.sources import Sources
        from digitnet.training.reader.stream import LineBatches

        sources = Sources(*make_drawn(100, find_faces(None, ""), np.random.default_rng(0)))
        batches = LineBatches(sources, seed=0, epochs=1, steps=100_000)
        batches.start_epoch(0)
        next(batches.take_epoch())
        print(batches._process._worker.pid, flush=True)
        time.sleep(600)
    """)
    parent = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert parent.stdout is not None
    number = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    wait_until_gone(number)
