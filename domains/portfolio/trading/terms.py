"""The terms on which lots are traded, which environment and scorer both follow, each with its own code."""

from __future__ import annotations

from dataclasses import dataclass

SLACK = 1e-6  # of a lot: cash that falls short by no more buys it, so that rounding decides nothing


@dataclass(frozen=True)
class Terms:
    """What an account is charged.

    Attributes
    ----------
    capital : cash at the start, in currency
    lot : shares in a lot
    commission : fraction of a trade's value
    minimum : least commission of a trade, in currency
    spread : quoted bid-ask spread, a fraction of the price; a trade pays half of it
    """

    capital: float
    lot: int
    commission: float
    minimum: float
    spread: float
