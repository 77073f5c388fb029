"""Work spread over threads and answered in the order given, without end and without holding back.

    items -> feeder -> workers: prepare one by one, finish together -> answers in order

OpenCV and LiteRT release Python's lock while they work, so threads use all cores.
"""

import os
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

WINDOW = 32
"""How many items of each worker may be on their way at once: it bounds the memory."""

PATIENCE = 0.01
"""Seconds for which a worker gathers items that are already there, to finish them together."""

FAREWELL = 0.25
"""Seconds that the workers are given to end when nobody wants further answers."""

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
    """The queues between the threads, and what each thread does."""

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
        self._todo: queue.SimpleQueue[tuple[int, Item] | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[list[tuple[int, Answer | _End]]] = queue.SimpleQueue()
        # A token for each item that may start: taken by the feeder, given back with an answer.
        self._tokens: queue.SimpleQueue[None] = queue.SimpleQueue()
        for _ in range(jobs * WINDOW):
            self._tokens.put(None)
        self._stopping = threading.Event()
        # The feeder may wait for input that never comes, so no thread may keep the program alive.
        self._feeder = threading.Thread(target=self._feed, name="digitnet-feeder", daemon=True)
        self._workers = [
            threading.Thread(target=self._work, name=f"digitnet-{number}", daemon=True)
            for number in range(jobs)
        ]

    def start(self) -> None:
        for thread in (self._feeder, *self._workers):
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._tokens.put(None)
        for _ in self._workers:
            self._todo.put(None)
        deadline = time.monotonic() + FAREWELL
        for worker in self._workers:
            worker.join(max(0.0, deadline - time.monotonic()))

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
                if self._stopping.is_set():
                    return
                self._todo.put((count, item))
                count += 1
        except BaseException as error:
            end = _End(error)
        self._done.put([(count, end)])

    def _work(self) -> None:
        while (entry := self._todo.get()) is not None:
            indices, outcomes, last = self._gather(entry)
            self._done.put(list(zip(indices, outcomes, strict=True)))
            if last:
                return

    def _gather(
        self, entry: tuple[int, Item] | None
    ) -> tuple[list[int], list[Answer | _End], bool]:
        """Prepare `entry` and what else is there by now; finish all of it together.

        Returns:
            The numbers of the items, an outcome for each, and whether the worker shall end.
        """
        indices: list[int] = []
        prepared: list[Prepared] = []
        failure: list[Answer | _End] = []
        deadline = time.monotonic() + PATIENCE
        while entry is not None and not self._stopping.is_set():
            indices.append(entry[0])
            try:
                prepared.append(self._prepare(entry[1]))
            except BaseException as error:
                failure.append(_End(error))
                break
            if time.monotonic() > deadline:
                break
            try:
                entry = self._todo.get_nowait()
            except queue.Empty:
                break
        outcomes: list[Answer | _End]
        try:
            outcomes = [*self._finish(prepared)]
        except BaseException as error:
            outcomes = [_End(error) for _ in prepared]
        return indices, outcomes + failure, entry is None or self._stopping.is_set()
