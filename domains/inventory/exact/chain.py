"""The Markov chain of a stationary policy: its long-run cost, and that of some periods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from headway.domains.inventory.exact.iteration import relative_values

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Chain:
    """A chain of S states of N coordinates.

    Attributes
    ----------
    states : int64 [S, N], the first one is where it starts
    orders : int64 [S] or [S, 2]
    matrix : float64 [S, S], probabilities; scipy's compressed rows
    expense : float64 [S], expected cost of one period
    withheld : bool [S], where the policy's order was not placed because there were plenty of goods
    """

    states: Ints
    orders: Ints
    matrix: csr_array[Any, tuple[int, int]]
    expense: Floats
    withheld: NDArray[np.bool_]

    def cost(self, discount: float = 1.0, tolerance: float = 1e-8) -> float:
        """Cost per period in the long run; with a ``discount`` below 1 the value of the first state."""
        return self._long_run(self.expense, discount, tolerance * (1 - discount if discount < 1 else 1))

    def share_withheld(self) -> float:
        """Share of periods in the long run in which an order was not placed, to 1e-10."""
        return self._long_run(self.withheld.astype(np.float64), 1.0, 1e-10) if self.withheld.any() else 0.0

    def _long_run(self, each: Floats, discount: float, tolerance: float) -> float:
        return relative_values(
            lambda values: each + discount * (self.matrix @ values),
            np.zeros(len(each)),
            discount=discount,
            tolerance=tolerance,
        ).cost

    def total(self, periods: int, *, warmup: int = 0, discount: float = 1.0) -> float:
        """Expected cost of ``periods`` periods, the first ``warmup`` ones since the start left out."""
        chances: Floats = np.zeros(len(self.expense))
        chances[0] = 1.0
        forward, weight, total = self.matrix.T.tocsr(), 1.0, 0.0
        for period in range(warmup + periods):
            if period >= warmup:
                total += weight * float(self.expense @ chances)
                weight *= discount
            chances = forward @ chances
        return total
