"""Signals that end the program are delayed while C++ code runs, and become exceptions."""

import signal
import sys
import threading

import pytest

from digitnet import interruption as module
from digitnet.interruption import Interruption, Terminated, ending_signals_raise, exit_code

pytestmark = pytest.mark.usefixtures("usual_ctrl_c")

TERMINATING = [number for number in module.ENDING_SIGNALS if number != signal.SIGINT]


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


def test_ctrl_c_is_delivered_at_the_latest_at_the_end() -> None:
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


def test_ctrl_c_in_a_nested_interruption_waits_for_the_outer_one() -> None:
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


def test_other_threads_do_not_change_the_handler_of_ctrl_c() -> None:
    seen = []

    def train() -> None:
        with Interruption() as interruption:
            seen.append(signal.getsignal(signal.SIGINT))
            interruption.deliver()

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]


def receive(number: int, trace: list[str], *, times: int = 1) -> None:
    with ending_signals_raise(), Interruption():
        for _ in range(times):
            signal.raise_signal(number)
        trace.append("the work in C++ was done")


@pytest.mark.usefixtures("usual_termination")
@pytest.mark.parametrize("number", TERMINATING)
def test_termination_waits_and_then_raises_with_its_own_exit_code(number: int) -> None:
    trace: list[str] = []
    with pytest.raises(Terminated) as ended:
        receive(number, trace)
    assert trace == ["the work in C++ was done"]
    assert exit_code(ended.value) == 128 + number


@pytest.mark.usefixtures("usual_termination")
@pytest.mark.parametrize("number", TERMINATING)
def test_a_second_termination_waits_too(number: int) -> None:
    """`timeout` sends each signal twice: to the program, and to its process group."""
    trace: list[str] = []
    with pytest.raises(Terminated):
        receive(number, trace, times=2)
    assert trace == ["the work in C++ was done"]


@pytest.mark.usefixtures("usual_termination")
@pytest.mark.parametrize("number", TERMINATING)
def test_ctrl_c_after_a_termination_does_not_wait(number: int) -> None:
    trace = []
    with (  # noqa: PT012
        pytest.raises(KeyboardInterrupt) as ended,
        ending_signals_raise(),
        Interruption(),
    ):
        signal.raise_signal(number)
        trace.append("held back")
        signal.raise_signal(signal.SIGINT)
        trace.append("not reached")
    assert trace == ["held back"]
    assert exit_code(ended.value) == 130


def terminate_twice(number: int, trace: list[str]) -> None:
    with ending_signals_raise():
        try:
            signal.raise_signal(number)
        finally:
            signal.raise_signal(number)
            trace.append("cleaned up")


@pytest.mark.usefixtures("usual_termination")
@pytest.mark.parametrize("number", TERMINATING)
def test_a_repeated_termination_does_not_interrupt_the_clean_up(number: int) -> None:
    trace: list[str] = []
    with pytest.raises(Terminated):
        terminate_twice(number, trace)
    assert trace == ["cleaned up"]


@pytest.mark.usefixtures("usual_termination")
@pytest.mark.parametrize("number", TERMINATING)
def test_a_termination_that_is_repeated_later_ends_a_hanging_clean_up(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REPEAT_S", -1.0)
    trace: list[str] = []
    with pytest.raises(Terminated):
        terminate_twice(number, trace)
    assert trace == []


@pytest.mark.parametrize("number", TERMINATING)
@pytest.mark.usefixtures("usual_termination")
def test_an_ignored_termination_stays_ignored(number: int) -> None:
    """`nohup` ignores SIGHUP in this way."""
    signal.signal(number, signal.SIG_IGN)
    with ending_signals_raise():
        assert signal.getsignal(number) is signal.SIG_IGN
        signal.raise_signal(number)


@pytest.mark.usefixtures("usual_termination")
@pytest.mark.parametrize("number", TERMINATING)
def test_a_handler_installed_by_others_is_kept(number: int) -> None:
    seen: list[int] = []

    def note(number: int, _: object) -> None:
        seen.append(number)

    signal.signal(number, note)
    with ending_signals_raise(), Interruption():
        signal.raise_signal(number)
        assert seen == []
    assert seen == [number]
    assert signal.getsignal(number) is note


@pytest.mark.usefixtures("usual_termination")
def test_the_handlers_of_ending_signals_are_restored() -> None:
    before = [signal.getsignal(number) for number in module.ENDING_SIGNALS]
    with ending_signals_raise() as received:
        assert received == []
        assert callable(signal.getsignal(signal.SIGTERM))
    assert [signal.getsignal(number) for number in module.ENDING_SIGNALS] == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGHUP")
def test_sighup_is_an_ending_signal() -> None:
    assert signal.SIGHUP in module.ENDING_SIGNALS


def test_the_exit_code_of_ctrl_c_is_130() -> None:
    assert exit_code(KeyboardInterrupt()) == 130
