"""Progress of a training run: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

Show = Callable[[int, str], None]  # steps done, what to say

SILENCE = 10.0  # seconds between two plain lines


@contextlib.contextmanager
def progress(title: str, total: int, *, quiet: bool = False) -> Iterator[Show]:
    """Within this block ``show(steps, text)`` updates the display on standard error."""
    if quiet:
        yield lambda steps, text: None
    elif sys.stderr.isatty():
        with _bar(title, total) as show:
            yield show
    else:
        yield _lines(title, total)


@contextlib.contextmanager
def _bar(title: str, total: int) -> Iterator[Show]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn(title),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[text]}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=total, text="")
        yield lambda steps, text: bar.update(task, completed=min(steps, total), text=text)


def _lines(title: str, total: int) -> Show:
    last = 0.0

    def show(steps: int, text: str) -> None:
        nonlocal last
        if time.monotonic() - last >= SILENCE or steps >= total:
            last = time.monotonic()
            print(f"{title} {steps:,}/{total:,} {text}", file=sys.stderr, flush=True)  # noqa: T201

    return show
