"""Orders filled from a cash account, for a batch, for numpy and torch."""

from __future__ import annotations

from typing import Any

from headway.domains.portfolio.trading.terms import SLACK, Terms
from headway.ops import Array


def fill(xp: Any, terms: Terms, price: Array, cash: Array, held: Array, order: Array) -> tuple[Array, Array]:
    """Cash [B] and lots held [B, N] after an order of lots [B, N]: sales first, then purchases in order.

    Money (cash, and the ``price`` of a lot [B, N]) is in shares of the capital.
    """
    ask, bid = (price * (1 + side * terms.spread / 2) for side in (1, -1))
    sold = xp.minimum(xp.clip(-order, min=0.0), held)
    brought = sold * bid - _commission(xp, terms, sold * bid)
    made = brought > 0
    sold = xp.where(made, sold, 0.0 * sold)
    cash = cash + xp.sum(xp.where(made, brought, 0.0 * brought), axis=-1)
    bought = []
    for asset in range(order.shape[1]):
        unit = ask[:, asset]
        most = xp.minimum(cash / (unit * (1 + terms.commission)), (cash - terms.minimum / terms.capital) / unit)
        lots = xp.minimum(xp.clip(order[:, asset], min=0.0), xp.clip(xp.floor(most + SLACK), min=0.0))
        cash = cash - lots * unit - _commission(xp, terms, lots * unit)
        bought.append(lots)
    return cash, held - sold + xp.stack(bought, axis=-1)


def _commission(xp: Any, terms: Terms, value: Array) -> Array:
    charged = xp.clip(terms.commission * value, min=terms.minimum / terms.capital)
    return xp.where(value > 0, charged, 0.0 * value)
