"""Stop on request: finish what is under way, then leave with the exit code the shell expects."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


class Stop:
    """Which signal asked to stop, if any."""

    signal: int | None = None

    @property
    def exit_code(self) -> int:
        """128 + the signal's number, as shells report it: 130 for Ctrl-C, 143 for SIGTERM."""
        return 128 + (self.signal or 0)


@contextlib.contextmanager
def stop_on_signal() -> Iterator[Stop]:
    """Within this block SIGINT and SIGTERM set `Stop.signal`; a second one acts at once, as always.

    Outside the main thread, where Python handles no signals, nothing is changed.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def handle(number: int, frame: FrameType | None) -> None:
        stop.signal = number
        restore()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in before:
        signal.signal(number, handle)
    try:
        yield stop
    finally:
        restore()
