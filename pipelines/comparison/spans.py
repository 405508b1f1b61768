"""The parts of a backtest: years, quarters or months, and stretches of stress by date."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from headway.clock import shown, within
from headway.errors import ConfigError
from headway.findings import Span

PARTS = 6  # of a history without dates
FEWEST = 4  # parts for which a longer unit of the calendar is taken
UNITS: tuple[tuple[Literal["Y", "M"], int], ...] = (("Y", 1), ("M", 3), ("M", 1))  # unit and how many of it

Windows = Mapping[str, tuple[Any, Any]]


def calendar(clock: NDArray[Any]) -> list[Span]:
    """Years, or quarters where there are few of these, or months; equal parts where there are no dates."""
    if clock.dtype.kind != "M":
        edges = np.linspace(0, len(clock), PARTS + 1).astype(int)
        cuts = [slice(int(a), int(b)) for a, b in pairwise(edges) if b > a]
        return [Span("part", f"{k} of {len(cuts)}", cut) for k, cut in enumerate(cuts, 1)]
    for unit, size in UNITS:
        number = clock.astype(f"datetime64[{unit}]").astype(int) // size
        if len(np.unique(number)) >= FEWEST:
            break
    starts = [0, *(np.flatnonzero(np.diff(number)) + 1).tolist()]
    cuts = [slice(a, b) for a, b in zip(starts, [*starts[1:], len(clock)], strict=True)]
    return [Span("calendar", _name(clock[cut][0], unit, size), cut) for cut in cuts if cut.stop > cut.start]


def _name(day: np.datetime64, unit: str, size: int) -> str:
    month = day.astype("datetime64[M]")
    if unit == "Y":
        return str(day.astype("datetime64[Y]"))
    return str(month) if size == 1 else f"{str(month)[:4]} Q{int(month.astype(int)) % 12 // 3 + 1}"


def stretches(clock: NDArray[Any], usual: Windows, asked: Windows) -> list[Span]:
    """Those of the problem's ``usual`` stretches that the clock holds whole, then those that were ``asked`` for."""
    held = {name: ends for name, ends in usual.items() if name not in asked and _held(clock, *ends, where=name)}
    cuts = {name: within(clock, *ends, where=f"stress.{name}") for name, ends in {**held, **asked}.items()}
    return [Span("stress", name, cut) for name, cut in cuts.items() if cut.stop > cut.start]


def refuse_outside(clock: NDArray[Any], asked: Windows) -> None:
    """Raise ConfigError where a stretch is not wholly within the ``clock``, holds no period or cannot be read."""
    for name, (first, last) in asked.items():
        if not _held(clock, first, last, where=f"stress.{name}"):
            raise ConfigError(
                "a stretch that the backtest does not hold whole, or that holds no period",
                where=f"stress.{name}",
                got=f"{first} to {last}",
                expected=f"within {shown(clock[0])} to {shown(clock[-1])}" if len(clock) else "a history with a clock",
                hint="move it, or move start and end",
            )


def _held(clock: NDArray[Any], first: Any, last: Any, *, where: str) -> bool:
    cut = within(clock, first, last, where=where)
    begun = within(clock[:1], last=first, where=where).stop == 1
    ended = within(clock[-1:], last, where=where).start == 0
    return bool(cut.stop > cut.start and begun and ended)
