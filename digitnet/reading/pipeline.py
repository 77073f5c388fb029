"""Work spread over threads and answered in the order given, without end and without holding back.

    items -> feeder -> to do -> prepared one by one -> finished together -> answers in order

OpenCV and LiteRT release Python's lock while they work, so threads use all cores. Every worker does
both kinds of work: while one finishes what all have prepared, the others prepare more.

Items that are prepared quickly, like digits of 28 x 28 pixels, are prepared by one worker at a
time. It makes many calls to OpenCV of a microsecond each, and two such workers would spend more
time passing Python's lock than working. Any idle worker takes this role if there is nothing to
finish and no other worker has it.
"""

import atexit
import contextlib
import os
import queue
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from digitnet.errors import ImageError

MAX_ITEMS_IN_FLIGHT = 128
"""How many items of each worker may be on their way at once: it bounds the memory."""

BATCH_SIZE = 32
"""Prepared items finished in one batch; fewer if there is nothing left to prepare."""

BATCH_TIMEOUT_S = 0.01
"""Seconds that a prepared item waits for others, if those are there but take long to prepare."""

PREPARE_S_PER_WORKER = 0.0004
"""One more worker may prepare at the same time for each multiple of this preparation time."""

SHUTDOWN_TIMEOUT_S = 0.25
"""Seconds that the workers are given to end when nobody wants further answers; then they are left
alone until the program ends."""

WAKE_S = 0.2 if sys.platform == "win32" else None
"""Seconds after which who waits for an answer looks up: on Windows, Ctrl-C ends no wait."""

MAX_JOBS = 1024
"""Far above what helps. Threads are made before the first answer."""

Item = TypeVar("Item")
Prepared = TypeVar("Prepared")
Answer = TypeVar("Answer")


def cores() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def threads(jobs: int | None) -> int:
    """The number of threads to use; by default, one per core.

    Raises:
        ValueError: it is not from 1 to `MAX_JOBS`.
    """
    if jobs is not None and not 1 <= jobs <= MAX_JOBS:
        raise ValueError(f"jobs is {jobs}: it must be from 1 to {MAX_JOBS:,}")
    return jobs or cores()


@dataclass(frozen=True)
class _End:
    """Stands where the answers end, with the error that ended them, if one did."""

    error: BaseException | None = None


def run_in_order(
    items: Iterable[Item],
    prepare: Callable[[Item], Prepared],
    finish: Callable[[list[Prepared]], list[Answer]],
    jobs: int,
) -> Generator[Answer, None, None]:
    """Answer every item in the order given, `jobs` of them at a time.

    Args:
        items: may be endless and may block: it is read in a thread of its own.
        prepare: the work on one item, called in several threads.
        finish: the work on several prepared items, called in several threads: an answer for each.
        jobs: how many threads, at least 1.

    Yields:
        An answer for each item, as soon as it and all before it are there.

    Raises:
        BaseException: what `items`, `prepare` or `finish` raised, after the answers before it.

    >>> list(run_in_order([3, 1, 2], prepare=abs, finish=lambda batch: [-n for n in batch], jobs=2))
    [-3, -1, -2]
    """
    pipeline = _Pipeline(items, prepare, finish, jobs)
    pipeline.start()
    try:
        yield from pipeline.answers()
    finally:
        pipeline.stop()


def run_past_errors(
    items: Iterable[Item],
    prepare: Callable[[Item], Prepared],
    finish: Callable[[list[Prepared]], list[Answer]],
    jobs: int,
) -> Generator[Answer | ImageError, None, None]:
    """As `run_in_order`, but an image that cannot be read does not end it.

    Yields:
        An answer for each item, or the `ImageError` that `prepare` raised.
    """

    def attempt(item: Item) -> Prepared | ImageError:
        try:
            return prepare(item)
        except ImageError as error:
            return error

    def finish_others(batch: list[Prepared | ImageError]) -> list[Answer | ImageError]:
        answers = iter(finish([one for one in batch if not isinstance(one, ImageError)]))
        return [one if isinstance(one, ImageError) else next(answers) for one in batch]

    if jobs == 1:
        return (finish_others([attempt(item)])[0] for item in items)
    return run_in_order(items, attempt, finish_others, jobs)


class _Pipeline(Generic[Item, Prepared, Answer]):
    """The state shared by the threads, and the work of each."""

    def __init__(
        self,
        items: Iterable[Item],
        prepare: Callable[[Item], Prepared],
        finish: Callable[[list[Prepared]], list[Answer]],
        jobs: int,
    ) -> None:
        self._items = items
        self._prepare = prepare
        self._finish = finish
        # Guards the next seven; notified when there is more work than the awake threads will do.
        self._changed = threading.Condition()
        self._todo: deque[tuple[int, Item]] = deque()
        self._prepared: list[tuple[int, Prepared]] = []
        self._first_prepared = 0.0
        self._preparing = 0
        self._last_began = self._usually_takes = 0.0
        self._stopping = False
        self._done: queue.SimpleQueue[list[tuple[int, Answer | _End]]] = queue.SimpleQueue()
        # How many more items may start: taken by the feeder, given back with the answers.
        self._tokens: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._tokens.put(jobs * MAX_ITEMS_IN_FLIGHT)
        # The feeder may wait for input that never comes, so no thread may keep the program alive.
        self._feeder = threading.Thread(target=self._feed, name="digitnet-feeder", daemon=True)
        self._workers = [
            threading.Thread(target=self._work, name=f"digitnet-{number}", daemon=True)
            for number in range(jobs)
        ]

    def start(self) -> None:
        # A thread that Python ends in the middle of C++ code aborts the whole program.
        atexit.register(self._end)
        self._feeder.start()
        for count, worker in enumerate(self._workers):
            try:
                worker.start()
            except RuntimeError:  # the system allows no more
                del self._workers[count:]
                if not count:
                    raise
                break

    def stop(self) -> None:
        self._dismiss()
        deadline = time.monotonic() + SHUTDOWN_TIMEOUT_S
        for worker in self._workers:
            worker.join(max(0.0, deadline - time.monotonic()))
        if not any(worker.is_alive() for worker in self._workers):
            atexit.unregister(self._end)

    def _end(self) -> None:
        """Wait for the workers to finish their current items."""
        self._dismiss()
        for worker in self._workers:
            worker.join()

    def _dismiss(self) -> None:
        """Stop every thread after its current item."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._tokens.put(1)

    def answers(self) -> Generator[Answer, None, None]:
        expected = given = 0
        finished: dict[int, Answer | _End] = {}
        while True:
            while expected not in finished:
                # All at once: each wake-up passes Python's lock between feeder and workers.
                if given:
                    self._tokens.put(given)
                    given = 0
                with contextlib.suppress(queue.Empty):
                    finished.update(self._done.get(timeout=WAKE_S))
            outcome = finished.pop(expected)
            if isinstance(outcome, _End):
                if outcome.error is not None:
                    raise outcome.error
                return
            expected += 1
            given += 1
            yield outcome

    def _feed(self) -> None:
        count = tokens = 0
        end = _End()
        try:
            for item in self._items:
                if not tokens:
                    tokens = self._tokens.get()
                tokens -= 1
                with self._changed:
                    if self._stopping:
                        return
                    self._todo.append((count, item))
                    if not self._preparing:
                        self._changed.notify_all()
                count += 1
        except BaseException as error:
            end = _End(error)
        self._done.put([(count, end)])

    def _work(self) -> None:
        while True:
            with self._changed:
                finish = self._should_finish()
                while not (self._stopping or finish or self._should_prepare()):
                    # Time alone may change the answer, unless nothing is there.
                    waiting = self._todo or self._prepared or self._preparing
                    self._changed.wait(BATCH_TIMEOUT_S if waiting else None)
                    finish = self._should_finish()
                if self._stopping:
                    return
                if finish:
                    batch, self._prepared = self._prepared, []
                else:
                    number, item = self._todo.popleft()
                    self._preparing += 1
                    self._last_began = began = time.monotonic()
            if finish:
                self._finish_all(batch)
            else:
                self._prepare_one(number, item, began)

    def _should_finish(self) -> bool:
        """Whether to finish the prepared items now, or to prepare more first."""
        # The only preparing worker continues, so that others find enough to finish.
        enough = BATCH_SIZE if self._preparing else 2 * BATCH_SIZE
        return bool(self._prepared) and (
            not self._todo
            or len(self._prepared) >= enough
            or time.monotonic() > self._first_prepared + BATCH_TIMEOUT_S
        )

    def _should_prepare(self) -> bool:
        return bool(self._todo) and (not self._preparing or self._is_slow())

    def _is_slow(self) -> bool:
        """Whether preparing takes so long, as a rule or just now, that one more worker helps."""
        seconds = max(self._usually_takes, time.monotonic() - self._last_began)
        return seconds > PREPARE_S_PER_WORKER * self._preparing

    def _prepare_one(self, number: int, item: Item, began: float) -> None:
        try:
            prepared = self._prepare(item)
        except BaseException as error:
            self._done.put([(number, _End(error))])
            with self._changed:
                self._preparing -= 1
            return
        with self._changed:
            now = time.monotonic()
            # A running mean: any item may once wait long for Python's lock.
            self._usually_takes += (now - began - self._usually_takes) / 8
            if not self._prepared:
                self._first_prepared = now
            self._prepared.append((number, prepared))
            if len(self._prepared) == BATCH_SIZE or self._is_slow():
                self._changed.notify()
            self._preparing -= 1

    def _finish_all(self, batch: list[tuple[int, Prepared]]) -> None:
        numbers = [number for number, _ in batch]
        outcomes: list[Answer | _End]
        try:
            outcomes = [*self._finish([prepared for _, prepared in batch])]
        except BaseException as error:
            outcomes = [_End(error) for _ in batch]
        self._done.put(list(zip(numbers, outcomes, strict=True)))
