"""Numbers as people read them: a unit, and no more digits than they deserve."""

from __future__ import annotations

import math
from datetime import UTC, datetime

NONE = "–"
THIN = "\u202f"  # the narrow space between a number and its unit


def gap(value: float, kind: str) -> str:
    """A gap to the reference: per cent where it is a ratio, else a number in the problem's unit."""
    if not math.isfinite(value):
        return NONE
    if kind != "ratio":
        return number(value, 3)
    percent = 100 * value
    digits = 2 if abs(percent) < 10 else 1 if abs(percent) < 100 else 0
    return f"{signless_zero(f'{percent:.{digits}f}')}{THIN}%"


def number(value: float, digits: int = 4) -> str:
    """``digits`` significant digits, thousands apart, no exponent between 0.0001 and a billion."""
    if not math.isfinite(value):
        return NONE
    if value and not 1e-4 <= abs(value) < 1e9:
        return f"{value:.{digits - 1}e}"
    whole = len(str(int(abs(value)))) if abs(value) >= 1 else 1 - math.floor(math.log10(abs(value) or 1))
    decimals = max(0, digits - whole) if abs(value) >= 1 else min(6, digits - 2 + whole)
    text = f"{value:,.{decimals}f}".replace(",", THIN)
    return signless_zero(text)


def seconds(value: float) -> str:
    """A duration in the unit that suits it, three significant digits."""
    if not math.isfinite(value):
        return NONE
    for size, unit, factor in ((1e-3, "µs", 1e6), (1.0, "ms", 1e3), (120.0, "s", 1.0), (7200.0, "min", 1 / 60)):
        if value < size:
            return f"{_three(value * factor)}{THIN}{unit}"
    return f"{_three(value / 3600)}{THIN}h"


def share(value: float) -> str:
    """A share as per cent; whole only where it is."""
    if not math.isfinite(value):
        return NONE
    percent = 100 * value
    return f"{percent:.0f}{THIN}%" if percent == round(percent) else f"{percent:.1f}{THIN}%"


def moment(value: float) -> str:
    """A time in UTC, from Unix seconds."""
    return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%d %H:%M UTC")


def size(value: float) -> str:
    """Bytes in binary units."""
    return f"{value / 2**30:.3g}{THIN}GiB" if value >= 2**30 else f"{value / 2**20:.3g}{THIN}MiB"


def signless_zero(text: str) -> str:
    """``-0.00`` without its sign."""
    return text.removeprefix("-") if not text.strip("-0.") else text


def _three(value: float) -> str:
    digits = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:.{digits}f}"
