"""Whose turn it is in the race, and for how long."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

Engine = Literal["cbc", "highs", "cp_sat"]

RACE: tuple[Engine, ...] = ("cbc", "highs", "cp_sat")
SHARES = {"cbc": 0.3, "highs": 0.7, "cp_sat": 1.0}  # of what is left, at most, in a turn
FIRST = {"cbc": 1.5, "highs": 4.0, "cp_sat": 4.0}  # CPU-seconds of the first turns, at most
LONGER = 8  # times as long in each later round: what takes one engine hours another may prove at once
SHORT = 0.5  # CPU-seconds of a turn, at least: in less none of them does anything at 280 machines
LEAST = 0.02  # CPU-seconds: with less left no engine is started


def turns(
    engines: Sequence[Engine], left: Callable[[], float], wall: Callable[[float], float]
) -> Iterator[tuple[Engine, float]]:
    """Engines and their seconds: of CPU for CBC, of wall time (``wall`` of CPU-seconds) for the others."""
    for times, engine in ((LONGER**times, engine) for times in itertools.count() for engine in engines):
        rest = left()
        if rest < LEAST:
            return
        seconds = min(max(SHARES[engine] * rest, SHORT), FIRST[engine] * times, rest)
        seconds = seconds if len(engines) > 1 else rest
        yield engine, seconds if engine == "cbc" else wall(seconds)
