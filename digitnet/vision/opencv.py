"""Process-wide settings of OpenCV."""

import threading

import cv2


class _SingleThreaded:
    """Limits OpenCV to one thread while any of our own threads is inside the context.

    For many small images, OpenCV's threads cost more than they gain.
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
"""Context manager that limits OpenCV to one thread; may be entered by several threads at once."""
