"""Settings of OpenCV that are the whole process's."""

import threading

import cv2


class _SingleThreaded:
    """Keeps OpenCV from starting threads of its own inside each of ours, as long as one is at work.

    For many small images they cost more than they bring.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = self._before = 0

    def __enter__(self) -> None:
        with self._lock:
            if not self._users:
                self._before = cv2.getNumThreads()
                cv2.setNumThreads(1)
            self._users += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                cv2.setNumThreads(self._before)


single_threaded_opencv = _SingleThreaded()
