"""Moments of a history, as `Problem.clock` gives them: dates, times since its start, or numbers of periods."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.errors import ConfigError

SECONDS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
_SPAN = re.compile(r"(?=[\d.])" + r"\s*".join(rf"(?:([\d.]+){unit})?" for unit in SECONDS))


def shown(moment: Any) -> str:
    """``2020-02-19``, ``1d 06h 30m`` or ``17``: what `within` reads."""
    if not isinstance(moment, np.timedelta64):
        return str(moment)
    left, parts = int(moment / np.timedelta64(1, "s")), list[str]()
    for unit, size in SECONDS.items():
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count:02d}{unit}" if parts else f"{count}{unit}")
    return " ".join(parts) or "0s"


def within(clock: NDArray[Any], first: Any = None, last: Any = None, *, where: str = "start") -> slice:
    """The periods of ``clock`` [T], which does not fall, from ``first`` to ``last``, both included; None: no limit.

    A date may be a year or a month (``2020-03`` is all of March); a time since the start is ``1d 06h``, ``90m`` or a
    number of seconds; a number is that of a period.

    Raises
    ------
    ConfigError
        A limit cannot be read.
    """
    begin, end = 0, len(clock)
    if first is not None:
        limit = _read(first, clock, where)
        begin = int(np.searchsorted(_coarse(clock, limit), limit, side="left"))
    if last is not None:
        limit = _read(last, clock, where)
        end = int(np.searchsorted(_coarse(clock, limit), limit, side="right"))
    return slice(begin, max(begin, end))


def _read(value: Any, clock: NDArray[Any], where: str) -> Any:
    kind, text = clock.dtype.kind, str(value).strip()
    try:
        if kind == "M":
            return np.datetime64(text)
        if kind == "m" and (found := _SPAN.fullmatch(text)):
            parts = zip(found.groups(), SECONDS.values(), strict=True)
            return np.timedelta64(round(sum(float(part) * size for part, size in parts if part)), "s")
        return np.timedelta64(round(float(text)), "s") if kind == "m" else int(text)
    except ValueError as error:
        expected = {"M": "YYYY-MM-DD", "m": "a time since the start, as 1d 06h"}.get(kind, "the number of a period")
        raise ConfigError("a moment cannot be read", where=where, got=repr(value), expected=expected) from error


def _coarse(clock: NDArray[Any], limit: Any) -> NDArray[Any]:
    """The clock as precisely as the limit is given: all days of March are ``2020-03``."""
    return clock.astype(limit.dtype) if isinstance(limit, np.datetime64) else clock
