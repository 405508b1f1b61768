"""How holdings change in a period: drift, delisting, the fill of an order, its price. numpy and torch."""

from __future__ import annotations

from typing import Any, NamedTuple

from headway.domains.portfolio.accounting.rules import Rules
from headway.domains.portfolio.accounting.sums import over_assets
from headway.domains.portfolio.market.instance import GONE, SUSPENDED
from headway.ops import Array

_TINY = 1e-30  # keeps the gradient of a root at zero finite


class Drift(NamedTuple):
    """After some days: wealth factor [B], weights [B, N + 1], lowest wealth factor on the way [B]; 1.0 after none."""

    growth: Array
    weights: Array
    low: Array


def drift(xp: Any, weights: Array, relatives: Array, owed: Array | None, solvent: bool = False) -> Drift:
    """Let ``weights`` drift through cumulative ``relatives`` [B, E, N + 1], E >= 1; negative ones through ``owed``.

    ``solvent``: no weight can be negative, so wealth stays above zero.
    """
    days = relatives.shape[1]
    if owed is None and days > 1:
        wealth, last = xp.matmul(relatives, weights[:, :, None])[:, :, 0], relatives[:, -1] * weights
    elif owed is None:
        last = relatives[:, 0] * weights
        wealth = over_assets(xp, last)[:, None]
    else:
        values = xp.where(weights[:, None] < 0, owed, relatives) * weights[:, None]
        wealth, last = xp.sum(values, axis=-1), values[:, -1]
    final = wealth[:, -1]
    low = final if days == 1 else xp.min(wealth, axis=-1)
    safe = final if solvent else xp.where(final > 0, final, 1.0)
    return Drift(final, last / safe[:, None], low)


def paid_out(xp: Any, weights: Array, gone: Array) -> Array:
    """``weights`` [B, N + 1] with those of assets that are ``gone`` [B, N] (not 0) in cash."""
    risky, zero = weights[:, :-1], xp.zeros_like(weights[:, :-1])
    claims = xp.sum(xp.where(gone != 0, risky, zero), axis=-1, keepdims=True)
    return xp.concat([xp.where(gone != 0, zero, risky), weights[:, -1:] + claims], axis=-1)


def possible(xp: Any, ordered: Array, held: Array, status: Array) -> Array:
    """What an order [B, N + 1] comes to where assets do not trade at the fill (``status`` [B, N]).

    Suspended ones are kept as they are held, gone ones cannot be bought. The other orders are filled; where
    more is kept of suspended assets than was ordered, they are scaled to the rest. Cash is what is left over.
    """
    stuck, zero = status == SUSPENDED, xp.zeros_like(ordered[:, :-1])
    wanted, kept = xp.where(status == GONE, zero, ordered[:, :-1]), xp.where(stuck, held[:, :-1], zero)
    rest = 1.0 - xp.sum(xp.where(stuck, wanted, zero), axis=-1, keepdims=True)
    left = 1.0 - xp.sum(kept, axis=-1, keepdims=True)
    one = xp.ones_like(rest)
    share = xp.where(rest > 0, xp.clip(left / xp.where(rest > 0, rest, one), min=0.0), one)
    # The smaller of share and 1; where they are equal (suspended assets are ordered as held) with the mean of both
    # gradients, which is what differences give.
    scale = 0.5 * (1.0 + share - xp.abs(share - 1.0))
    risky = xp.where(stuck, kept, scale * wanted)
    return xp.concat([risky, 1.0 - xp.sum(risky, axis=-1, keepdims=True)], axis=-1)


def price(xp: Any, rules: Rules, change: Array, wealth: Array, friction: Array | None) -> Array:
    """What trading ``change`` [B, N] (shares of wealth, >= 0) costs, a share of wealth [B]."""
    linear = rules.linear * over_assets(xp, change)
    if friction is None:
        return linear
    money = change * xp.clip(wealth, min=0.0)[:, None]
    return linear + xp.sum(friction * change * xp.sqrt(money + _TINY), axis=-1)
