"""Ctrl-C during work in C++ waits for its end."""

import signal
import threading

import pytest

from digitnet.interruption import Interruption

pytestmark = pytest.mark.usefixtures("usual_ctrl_c")


def press_ctrl_c(trace: list[str], *, deliver: bool = False, times: int = 1) -> None:
    with Interruption() as interruption:
        interruption.deliver()
        for _ in range(times):
            signal.raise_signal(signal.SIGINT)
        trace.append("the step went on")
        if deliver:
            interruption.deliver()
        trace.append("the training went on")


def test_ctrl_c_waits_until_it_is_delivered() -> None:
    trace: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        press_ctrl_c(trace, deliver=True)
    assert trace == ["the step went on"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_is_delivered_at_the_end_at_the_latest() -> None:
    trace: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        press_ctrl_c(trace)
    assert trace == ["the step went on", "the training went on"]


def test_a_second_ctrl_c_does_not_wait() -> None:
    trace: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        press_ctrl_c(trace, times=2)
    assert trace == []


def fail_after_ctrl_c() -> None:
    with Interruption():
        signal.raise_signal(signal.SIGINT)
        raise ValueError("wrong")


def test_ctrl_c_is_not_lost_in_an_error() -> None:
    with pytest.raises(KeyboardInterrupt):
        fail_after_ctrl_c()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_within_another_waits_for_the_outer_one() -> None:
    trace = []
    with pytest.raises(KeyboardInterrupt), Interruption():  # noqa: PT012
        with Interruption():
            signal.raise_signal(signal.SIGINT)
        trace.append("the outer one went on")
    assert trace == ["the outer one went on"]


def test_ignored_ctrl_c_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Interruption() as interruption:
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        signal.raise_signal(signal.SIGINT)
        interruption.deliver()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_a_thread_leaves_ctrl_c_alone() -> None:
    seen = []

    def train() -> None:
        with Interruption() as interruption:
            seen.append(signal.getsignal(signal.SIGINT))
            interruption.deliver()

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]
