"""Stop on request, at once when asked twice."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from headway.pipelines.training.signals import stop_on_signal


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_first_signal_is_noted(number, code):
    """The first signal only sets a flag, with the exit code shells expect; handlers are put back after."""
    before = signal.getsignal(number)
    with stop_on_signal() as stop:
        assert stop.signal is None
        os.kill(os.getpid(), number)
        assert (stop.signal, stop.exit_code) == (number, code)
    assert signal.getsignal(number) is before


def test_second_signal_acts():
    """A second Ctrl-C interrupts at once."""
    with pytest.raises(KeyboardInterrupt), stop_on_signal():  # noqa: PT012
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)


def test_outside_the_main_thread():
    """Where Python handles no signals, the block runs as if it were not there."""
    seen = []

    def work():
        with stop_on_signal() as stop:
            seen.append(stop.signal)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [None]
