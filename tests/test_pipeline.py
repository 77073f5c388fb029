"""The threaded pipeline: ordered answers, endless sources, no needless waiting."""

import itertools
import math
import queue
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Call

from digitnet.reading import pipeline
from digitnet.reading.pipeline import (
    BATCH_SIZE,
    MAX_ITEMS_IN_FLIGHT,
    MAX_JOBS,
    SHUTDOWN_TIMEOUT_S,
    cores,
    run_in_order,
    threads,
)

TIMEOUT_S = 30
"""Seconds that a test waits for another thread before it fails."""


def unchanged(batch: list[int]) -> list[int]:
    return batch


def test_answers_keep_the_order_of_the_items() -> None:
    late = threading.Event()

    def prepare(number: int) -> int:
        if number == 0:
            late.wait(TIMEOUT_S)
        else:
            late.set()
        return -number

    assert list(run_in_order(range(9), prepare, unchanged, jobs=2)) == [-n for n in range(9)]


def test_waiting_for_an_answer_wakes_up_regularly_on_windows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """There, a signal does not end a wait. The item becomes ready after the first wake-up."""
    woke_up = threading.Event()
    monkeypatch.setattr(pipeline, "WAKE_S", 0.001)
    get = queue.SimpleQueue.get

    class Uninterruptible(queue.SimpleQueue[Any]):
        def get(self, block: bool = True, timeout: float | None = None) -> Any:
            try:
                return get(self, block, timeout)
            except queue.Empty:
                woke_up.set()
                raise

    monkeypatch.setattr(queue, "SimpleQueue", Uninterruptible)

    def prepare(number: int) -> int:
        assert woke_up.wait(TIMEOUT_S)
        return number

    assert list(run_in_order([7], prepare, unchanged, jobs=2)) == [7]


def test_an_answer_is_returned_before_the_next_item_arrives() -> None:
    answered = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        assert answered.wait(TIMEOUT_S), "the first answer was held back"
        yield 2

    answers = run_in_order(items(), abs, unchanged, jobs=2)
    assert next(answers) == 1
    answered.set()
    assert list(answers) == [2]


def test_a_prepared_item_does_not_wait_for_a_slow_one() -> None:
    answered = threading.Event()

    def prepare(number: int) -> int:
        if number == 1:
            assert answered.wait(TIMEOUT_S), "the first answer was held back"
        return number

    answers = run_in_order(range(2), prepare, unchanged, jobs=2)
    assert next(answers) == 0
    answered.set()
    assert list(answers) == [1]


def test_ready_items_are_finished_in_batches() -> None:
    many = 10 * BATCH_SIZE
    all_there = threading.Event()
    sizes = []

    def items() -> Iterator[int]:
        yield from range(many)
        all_there.set()

    def prepare(number: int) -> int:
        all_there.wait(TIMEOUT_S)
        return number

    def finish(batch: list[int]) -> list[int]:
        sizes.append(len(batch))
        return batch

    assert list(run_in_order(items(), prepare, finish, jobs=8)) == list(range(many))
    assert len(sizes) < many
    assert max(sizes) <= 2 * BATCH_SIZE + 8


@pytest.mark.parametrize("brief", [0.0, math.inf])
def test_fast_items_are_prepared_by_one_worker_at_a_time(
    brief: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "PREPARE_S_PER_WORKER", brief)
    two_active = threading.Event()
    active = []

    def prepare(number: int) -> int:
        active.append(number)
        if len(active) > 1:
            two_active.set()
        if not brief:
            assert two_active.wait(TIMEOUT_S), "nobody else prepared anything"
        active.remove(number)
        return number

    many = 10 * BATCH_SIZE
    assert list(run_in_order(range(many), prepare, unchanged, jobs=4)) == list(range(many))
    assert two_active.is_set() == (not brief)


def test_prepared_items_are_finished_while_another_is_prepared() -> None:
    finished = threading.Event()

    def prepare(number: int) -> int:
        if number == BATCH_SIZE:
            assert finished.wait(TIMEOUT_S), "all waited for one"
        return number

    def finish(batch: list[int]) -> list[int]:
        finished.set()
        return batch

    many = 2 * BATCH_SIZE
    assert list(run_in_order(range(many), prepare, finish, jobs=2)) == list(range(many))


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_all_items_are_answered_in_order_despite_random_delays(jobs: int) -> None:
    chance = random.Random(jobs)

    def pause() -> None:
        if chance.random() < 0.1:
            time.sleep(0.003 * chance.random())

    def items() -> Iterator[int]:
        for number in range(500):
            pause()
            yield number

    def prepare(number: int) -> int:
        pause()
        return number

    def finish(batch: list[int]) -> list[int]:
        pause()
        return batch

    for number, answer in enumerate(run_in_order(items(), prepare, finish, jobs)):
        pause()
        assert answer == number


def test_an_endless_source_is_read_ahead_by_a_bounded_number_of_items() -> None:
    counter = itertools.count()
    answers = run_in_order(counter, abs, unchanged, jobs=2)
    assert list(itertools.islice(answers, 500)) == list(range(500))
    answers.close()
    assert next(counter) <= 500 + 2 * MAX_ITEMS_IN_FLIGHT + 2


def test_threads_end_when_the_answers_are_closed() -> None:
    answers = run_in_order(itertools.count(), abs, unchanged, jobs=3)
    next(answers)
    answers.close()
    workers = [t for t in threading.enumerate() if t.name.startswith("digitnet-")]
    for worker in workers:
        worker.join(TIMEOUT_S)
    assert not any(worker.is_alive() for worker in workers)


def test_the_program_waits_for_its_workers_at_exit(environment: dict[str, str]) -> None:
    code = f"""
import threading, time
from digitnet.reading.pipeline import run_in_order
started = threading.Event()
def prepare(number):
    if number:
        started.set()
        time.sleep({3 * SHUTDOWN_TIMEOUT_S})
        print("ended")
    return number
answers = run_in_order(range(2), prepare, list, jobs=2)
next(answers)
started.wait()
answers.close()
"""
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, env=environment, check=True)
    assert (result.stdout, result.stderr) == (b"ended\n", b"")


def test_an_error_of_the_source_is_raised_after_the_earlier_answers() -> None:
    def items() -> Iterator[int]:
        yield from (1, 2)
        raise OSError("the list ends here")

    answers = run_in_order(items(), abs, unchanged, jobs=2)
    assert [next(answers), next(answers)] == [1, 2]
    with pytest.raises(OSError, match="the list ends here"):
        next(answers)


def test_an_error_of_an_item_is_raised_in_order() -> None:
    def prepare(number: int) -> float:
        return 1 / number

    answers = run_in_order([1, 2, 0, 4], prepare, list, jobs=2)
    assert [next(answers), next(answers)] == [1, 0.5]
    with pytest.raises(ZeroDivisionError):
        next(answers)


def test_an_error_in_finishing_is_raised() -> None:
    def finish(batch: list[int]) -> list[int]:
        raise MemoryError

    with pytest.raises(MemoryError):
        list(run_in_order([1], abs, finish, jobs=2))


def test_the_pipeline_works_with_fewer_threads_than_requested(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start = threading.Thread.start

    def refuse_the_third(thread: threading.Thread) -> None:
        if thread.name.startswith("digitnet-") and thread.name[9:] not in ("feeder", "0", "1"):
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse_the_third)
    assert list(run_in_order(range(9), abs, unchanged, jobs=5)) == list(range(9))


def test_there_is_at_least_one_core() -> None:
    assert cores() >= 1


@pytest.mark.parametrize("jobs", [0, -1, MAX_JOBS + 1, 10**23])
def test_an_invalid_number_of_jobs_is_refused(jobs: int) -> None:
    with pytest.raises(ValueError, match=f"jobs is {jobs}: it must be from 1 to 1,024"):
        threads(jobs)
    assert threads(MAX_JOBS) == MAX_JOBS


@pytest.mark.parametrize("jobs", ["0", "1025", "9" * 23])
def test_an_invalid_number_of_jobs_is_a_usage_error(call: Call, jobs: str) -> None:
    code, output, errors = call("predict", "a.png", "b.png", "--jobs", jobs)
    assert (code, output) == (2, "")
    assert "Invalid value for '--jobs'" in errors
