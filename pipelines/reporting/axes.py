"""Axes that several figures share: time along the bottom, and logarithms with readable numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter


def dates_or_numbers(labels: Sequence[Any]) -> Any:
    """Labels of periods as positions: dates where they are texts."""
    if len(labels) and isinstance(labels[0], str):
        return np.array(labels, "datetime64[D]")
    return np.asarray(labels, float)


def plain_log(axis: Any) -> None:
    """Ticks at 1, 2 and 5 times powers of ten, without exponents."""
    axis.set_major_locator(LogLocator(base=10, subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())
