"""Numbers as people read them: a unit, and no more digits than they deserve."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime

NONE = "–"
THIN = "\u202f"  # the narrow space between a number and its unit, and between thousands
MINUS = "\u2212"


def fixed(value: float, decimals: int) -> str:
    """``decimals`` places, thousands apart, a true minus, and no minus before zero."""
    if not math.isfinite(value):
        return NONE
    text = f"{value:,.{decimals}f}".replace(",", THIN)
    return text.replace("-", MINUS) if text.strip("-0.") else text.removeprefix("-")


def decimals(values: Iterable[float], digits: int) -> int:
    """Places that show about ``digits`` significant digits of a column: those of its largest value."""
    largest = max((abs(v) for v in values if math.isfinite(v)), default=0.0)
    return 0 if largest == 0 else min(8, max(0, digits - 1 - math.floor(math.log10(largest))))


def number(value: float, digits: int = 4) -> str:
    """A number that stands alone, with ``digits`` significant digits."""
    return fixed(value, decimals([value], digits))


def percent(value: float) -> str:
    """A ratio as per cent, with fewer places where it is large."""
    if not math.isfinite(value):
        return NONE
    places = 2 if abs(value) < 0.1 else 1 if abs(value) < 1 else 0
    return f"{fixed(100 * value, places)}{THIN}%"


def share(value: float) -> str:
    """A share as per cent, whole where it is; never rounded up to all."""
    if not math.isfinite(value):
        return NONE
    tenths = math.floor(1000 * value + 1e-9) / 10
    return f"{tenths:g}{THIN}%"


def seconds(value: float) -> str:
    """A duration in the unit that suits it, three significant digits."""
    if not math.isfinite(value):
        return NONE
    for end, unit, factor in ((1e-3, "µs", 1e6), (0.1, "ms", 1e3), (120.0, "s", 1.0), (7200.0, "min", 1 / 60)):
        if value < end:
            return f"{number(value * factor, 3)}{THIN}{unit}"
    return f"{number(value / 3600, 3)}{THIN}h"


def moment(value: float) -> str:
    """A time in UTC, from Unix seconds."""
    return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%d %H:%M UTC")


def size(value: float) -> str:
    """Bytes in binary units."""
    return f"{value / 2**30:.3g}{THIN}GiB" if value >= 2**30 else f"{value / 2**20:.3g}{THIN}MiB"
