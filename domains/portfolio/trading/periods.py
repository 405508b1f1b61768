"""What happens between two decisions, worked out before the first: prices, who trades, what is paid out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from headway.domains.portfolio.market.instance import GONE, TRADED, PricePath
from headway.domains.portfolio.trading.terms import Terms
from headway.ops import Array


class Periods(NamedTuple):
    """Of D decision periods; each is cut in two by the fill of its order. Money is in shares of the capital.

    close : [B, D + 1, N], price of a lot at each decision and at the end
    price, trades : [B, D, N], price of a lot at the fill, and 1.0 where the asset trades then
    paid_before, paid_after : [B, D, N], what a lot brings until the fill (until the end of the period) if the asset
        leaves the market in that part, with what cash has earned since; 0 if it stays
    grown_before, grown_after : [B, D], growth of cash in each part
    """

    close: Array
    price: Array
    trades: Array
    paid_before: Array
    paid_after: Array
    grown_before: Array
    grown_after: Array


def cut(path: PricePath, every: int, lag: int, terms: Terms) -> Periods:
    """The periods of a path, numpy arrays."""
    days = path.decisions(every, lag)
    ends = np.append(days[1:], path.length - 1)
    fills = days + lag
    closes, earned = path.prices() * (terms.lot / terms.capital), np.cumprod(1 + path.cash, axis=1)
    gone = path.status == GONE
    leaves = gone & ~np.pad(gone, ((0, 0), (1, 0), (0, 0)))[:, :-1]
    brought = np.where(leaves, closes, 0.0) / earned[:, :, None]

    def paid(first: np.ndarray, last: np.ndarray) -> np.ndarray:
        total = np.pad(np.cumsum(brought, axis=1), ((0, 0), (1, 0), (0, 0))) if leaves.any() else None
        if total is None:
            return np.zeros((len(path), len(days), closes.shape[2]))
        left = np.stack([leaves[:, a + 1 : b + 1].any(axis=1) for a, b in zip(first, last, strict=True)], axis=1)
        return np.where(left, (total[:, last + 1] - total[:, first + 1]) * earned[:, last, None], 0.0)

    return Periods(
        close=closes[:, np.append(days, path.length - 1)],
        price=closes[:, fills],
        trades=(path.status[:, fills] == TRADED).astype(np.float64),
        paid_before=paid(days, fills),
        paid_after=paid(fills, ends),
        grown_before=earned[:, fills] / earned[:, days],
        grown_after=earned[:, ends] / earned[:, fills],
    )
