"""Processes a stream of items on several threads, and yields the answers in order.

    items -> feeder -> to do -> prepared one by one -> finished together -> answers in order

The stream may be endless. OpenCV and LiteRT release the GIL while they work, so the threads use all
cores. Each worker does both kinds of work: while one finishes a batch of prepared items, the others
prepare more.

Items that are prepared quickly, like digits of 28 x 28 pixels, are prepared by one worker at a
time. It makes many OpenCV calls of a microsecond each, and two such workers would spend more time
passing the GIL to each other than working. Any idle worker takes this role if there is nothing to
finish and no other worker has it.
"""

import atexit
import contextlib
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from digitnet.errors import ImageError
from digitnet.interruption import WAKE_S

MAX_ITEMS_IN_FLIGHT = 128
"""Maximum number of items in flight per worker: it bounds the memory."""

BATCH_SIZE = 32
"""Number of prepared items finished in one batch; fewer if there is nothing left to prepare."""

BATCH_TIMEOUT_S = 0.1
"""Seconds that a prepared item waits for its batch to fill while others are prepared slowly."""

PREPARE_S_PER_WORKER = 0.0004
"""While n workers prepare items, another joins if preparation takes more than n times this."""

SHUTDOWN_TIMEOUT_S = 0.25
"""Seconds to wait for the workers when no further answers are wanted. Those still running then are
waited for when the program ends."""

MAX_JOBS = 1024
"""Maximum number of threads, far above what helps. All are created before the first answer."""

Item = TypeVar("Item")
Prepared = TypeVar("Prepared")
Answer = TypeVar("Answer")


def cores() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def threads(jobs: int | None) -> int:
    """Return the number of threads to use: `jobs`, or one per core for None.

    Raises:
        ValueError: `jobs` is not from 1 to `MAX_JOBS`.
    """
    if jobs is not None and not 1 <= jobs <= MAX_JOBS:
        raise ValueError(f"jobs is {jobs}: it must be from 1 to {MAX_JOBS:,}")
    return jobs or cores()


@dataclass(frozen=True)
class _End:
    """Marks the end of the answers, and holds the error that caused it, if any."""

    error: BaseException | None = None


def run_in_order(
    items: Iterable[Item],
    prepare: Callable[[Item], Prepared],
    finish: Callable[[list[Prepared]], list[Answer]],
    jobs: int,
) -> Generator[Answer, None, None]:
    """Process items on `jobs` threads, and yield the answers in the order of the items.

    Args:
        items: may be endless and may block: it is read in a thread of its own.
        prepare: the work on one item; called in several threads.
        finish: the work on a batch of prepared items; called in several threads. Returns an answer
            for each item.
        jobs: the number of threads, at least 1.

    Yields:
        An answer for each item, as soon as it and all answers before it are ready.

    Raises:
        BaseException: whatever `items`, `prepare` or `finish` raised, after the answers before it.

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
    """Like `run_in_order`, but continue after an image that cannot be read.

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
        # Guards the next seven attributes; notified if there is work for another thread.
        self._changed = threading.Condition()
        self._todo: deque[tuple[int, Item]] = deque()
        self._prepared: list[tuple[int, Prepared]] = []
        self._first_prepared = 0.0
        self._preparing = 0
        self._last_start = self._mean_prepare_s = 0.0
        self._stopping = False
        self._done: queue.SimpleQueue[list[tuple[int, Answer | _End]]] = queue.SimpleQueue()
        # How many more items may start: taken by the feeder, returned with the answers.
        self._tokens: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._tokens.put(jobs * MAX_ITEMS_IN_FLIGHT)
        # The feeder may wait for input that never comes, so no thread may keep the program alive.
        self._feeder = threading.Thread(target=self._feed, name="digitnet-feeder", daemon=True)
        self._workers = [
            threading.Thread(target=self._work, name=f"digitnet-{number}", daemon=True)
            for number in range(jobs)
        ]

    def start(self) -> None:
        # Killing a thread in the middle of C++ code at exit would abort the whole program.
        atexit.register(self._end)
        self._feeder.start()
        for count, worker in enumerate(self._workers):
            try:
                worker.start()
            except RuntimeError:  # the system allows no more threads
                del self._workers[count:]
                if not count:
                    raise
                break

    def stop(self) -> None:
        self._signal_stop()
        deadline = time.monotonic() + SHUTDOWN_TIMEOUT_S
        for worker in self._workers:
            worker.join(max(0.0, deadline - time.monotonic()))
        if not any(worker.is_alive() for worker in self._workers):
            atexit.unregister(self._end)

    def _end(self) -> None:
        """Wait for the workers to finish their current items."""
        self._signal_stop()
        for worker in self._workers:
            worker.join()

    def _signal_stop(self) -> None:
        """Tell every thread to stop after its current item."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._tokens.put(1)

    def answers(self) -> Generator[Answer, None, None]:
        expected = given = 0
        finished: dict[int, Answer | _End] = {}
        while True:
            while expected not in finished:
                # Return tokens in bulk: each wake-up passes the GIL between feeder and workers.
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
                    # A timeout alone can create work, unless there are no items at all.
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
                    self._last_start = began = time.monotonic()
            if finish:
                self._finish_all(batch)
            else:
                self._prepare_one(number, item, began)

    def _should_finish(self) -> bool:
        """Whether to finish the prepared items now, or to prepare more first."""
        # The only worker prepares more first, so that the others have enough to finish.
        enough = BATCH_SIZE if self._preparing else 2 * BATCH_SIZE
        return bool(self._prepared) and (
            not self._todo
            or len(self._prepared) >= enough
            or time.monotonic() > self._first_prepared + BATCH_TIMEOUT_S
        )

    def _should_prepare(self) -> bool:
        return bool(self._todo) and (not self._preparing or self._is_slow())

    def _is_slow(self) -> bool:
        """Whether preparation is so slow, on average or right now, that one more worker helps."""
        seconds = max(self._mean_prepare_s, time.monotonic() - self._last_start)
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
            # A running mean, because a single item may have waited long for the GIL.
            self._mean_prepare_s += (now - began - self._mean_prepare_s) / 8
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
