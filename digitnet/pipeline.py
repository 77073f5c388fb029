"""Work spread over threads and answered in the order given, without end and without holding back.

    items -> feeder -> to do -> prepared one by one -> finished together -> answers in order

OpenCV and LiteRT release Python's lock while they work, so threads use all cores. Every worker does
both kinds of work: while one finishes what all have prepared, the others prepare more.
"""

import atexit
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

WINDOW = 32
"""How many items of each worker may be on their way at once: it bounds the memory."""

TOGETHER = 16
"""So many prepared items are finished at once; fewer where there is nothing more to prepare."""

PATIENCE = 0.01
"""Seconds that a prepared item waits for others, if those are there but take long to prepare."""

FAREWELL = 0.25
"""Seconds that the workers are given to end when nobody wants further answers; then they are left
alone until the program ends."""

Item = TypeVar("Item")
Prepared = TypeVar("Prepared")
Answer = TypeVar("Answer")


def cores() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


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


class _Pipeline(Generic[Item, Prepared, Answer]):
    """What lies between the threads, and what each thread does."""

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
        # Guards the next four; told whenever there is more to do.
        self._changed = threading.Condition()
        self._todo: deque[tuple[int, Item]] = deque()
        self._prepared: list[tuple[int, Prepared]] = []
        self._first_prepared = 0.0
        self._stopping = False
        self._done: queue.SimpleQueue[list[tuple[int, Answer | _End]]] = queue.SimpleQueue()
        # A token for each item that may start: taken by the feeder, given back with an answer.
        self._tokens: queue.SimpleQueue[None] = queue.SimpleQueue()
        for _ in range(jobs * WINDOW):
            self._tokens.put(None)
        # The feeder may wait for input that never comes, so no thread may keep the program alive.
        self._feeder = threading.Thread(target=self._feed, name="digitnet-feeder", daemon=True)
        self._workers = [
            threading.Thread(target=self._work, name=f"digitnet-{number}", daemon=True)
            for number in range(jobs)
        ]

    def start(self) -> None:
        # A thread that Python ends in the middle of C++ code aborts the whole program.
        atexit.register(self._end)
        for thread in (self._feeder, *self._workers):
            thread.start()

    def stop(self) -> None:
        self._dismiss()
        deadline = time.monotonic() + FAREWELL
        for worker in self._workers:
            worker.join(max(0.0, deadline - time.monotonic()))
        if not any(worker.is_alive() for worker in self._workers):
            atexit.unregister(self._end)

    def _end(self) -> None:
        """Wait for the workers to end what they are at."""
        self._dismiss()
        for worker in self._workers:
            worker.join()

    def _dismiss(self) -> None:
        """Let every thread end after what it is at."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._tokens.put(None)

    def answers(self) -> Generator[Answer, None, None]:
        expected = 0
        finished: dict[int, Answer | _End] = {}
        while True:
            while expected not in finished:
                finished.update(self._done.get())
            outcome = finished.pop(expected)
            if isinstance(outcome, _End):
                if outcome.error is not None:
                    raise outcome.error
                return
            expected += 1
            self._tokens.put(None)
            yield outcome

    def _feed(self) -> None:
        count = 0
        end = _End()
        try:
            for item in self._items:
                self._tokens.get()
                with self._changed:
                    if self._stopping:
                        return
                    self._todo.append((count, item))
                    self._changed.notify()
                count += 1
        except BaseException as error:
            end = _End(error)
        self._done.put([(count, end)])

    def _work(self) -> None:
        while True:
            with self._changed:
                while not (self._stopping or self._todo or self._prepared):
                    self._changed.wait()
                if self._stopping:
                    return
                batch = self._take_prepared()
                entry = None if batch else self._todo.popleft()
            if entry is None:
                self._finish_all(batch)
            else:
                self._prepare_one(*entry)

    def _take_prepared(self) -> list[tuple[int, Prepared]]:
        """What shall be finished now; nothing if it is better to prepare more."""
        if (
            self._todo
            and len(self._prepared) < TOGETHER
            and not (self._prepared and time.monotonic() > self._first_prepared + PATIENCE)
        ):
            return []
        batch, self._prepared = self._prepared, []
        return batch

    def _prepare_one(self, number: int, item: Item) -> None:
        try:
            prepared = self._prepare(item)
        except BaseException as error:
            self._done.put([(number, _End(error))])
            return
        with self._changed:
            if not self._prepared:
                self._first_prepared = time.monotonic()
            self._prepared.append((number, prepared))

    def _finish_all(self, batch: list[tuple[int, Prepared]]) -> None:
        numbers = [number for number, _ in batch]
        outcomes: list[Answer | _End]
        try:
            outcomes = [*self._finish([prepared for _, prepared in batch])]
        except BaseException as error:
            outcomes = [_End(error) for _ in batch]
        self._done.put(list(zip(numbers, outcomes, strict=True)))
