"""The rules as limits of an optimisation over the assets that can be bought now."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headway.domains.portfolio.accounting.rules import Rules

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Limits:
    """What weights [n] may be: ``low <= w <= cap``, sum |w| <= leverage, groups @ |w| <= shares, sum w = budget.

    Attributes
    ----------
    groups, shares : float64 [K, n], 1 where an asset is in the group, and [K]
    names : how many may be held
    budget : what a fully invested portfolio holds in risky assets: 1, or as much as the other limits allow; the rest
        stays in cash
    """

    low: float
    cap: float
    leverage: float
    groups: Floats
    shares: Floats
    names: int
    budget: float

    @classmethod
    def of(cls, rules: Rules, kept: NDArray[np.bool_]) -> Limits:
        """The limits of the assets ``kept`` (bool [N])."""
        groups = np.zeros((len(rules.groups), len(kept)))
        for row, group in zip(groups, rules.groups, strict=True):
            row[list(group.columns)] = 1.0
        groups, shares = groups[:, kept], np.array([group.cap for group in rules.groups])
        sizes = groups.sum(axis=1)
        # An asset is in one group at most.
        most = np.minimum(shares, rules.cap * sizes).sum() + rules.cap * (kept.sum() - sizes.sum())
        budget = min(1.0, rules.leverage, float(most))
        low, names = 0.0 if rules.long_only else -rules.cap, rules.names or len(kept)
        return cls(low, rules.cap, rules.leverage, groups, shares, names, budget)
