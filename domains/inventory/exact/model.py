"""What the exact models share: a solved table of orders, and the exact cost of any stationary policy."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.domains.inventory.exact.chain import Chain
from headway.domains.inventory.exact.reach import reach
from headway.errors import CapabilityError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Order = Callable[[Ints], Ints]  # states [S, N] -> orders [S] (or [S, 2] of two sources)

LIMIT = 3_000_000  # states that fit in memory with their tables
_NEGLIGIBLE = 1e-10  # share of periods
_DOUBLINGS = 4  # of the goods on hand and on order that are looked at


class Outcomes(NamedTuple):
    """What can follow: next states int64 [S, K, N] and their probabilities float64 [S, K] (zeros allowed)."""

    states: Ints
    chances: Floats


@dataclass(frozen=True)
class Lookup:
    """Orders by state from a table.

    Attributes
    ----------
    table : int64 [X0, X1, ...] or [X0, X1, ..., 2], the order in each state of a box
    origin : int64 [N], the state that the first entry of ``table`` belongs to
    """

    table: Ints
    origin: Ints

    def __call__(self, states: Ints) -> Ints:
        """Orders [S] (or [S, 2]) in ``states`` [S, N]; beyond the box those at its nearest edge."""
        top = np.asarray(self.table.shape[: len(self.origin)]) - 1
        inside = np.clip(np.asarray(states, dtype=np.int64) - self.origin, 0, top)
        orders: Ints = self.table[tuple(inside.T)]
        return orders


@dataclass(frozen=True)
class Optimum:
    """The best policy of a model.

    Attributes
    ----------
    cost : average cost per period; of a discounted criterion the value of the starting state
    lower, upper : proven bounds on it, over all policies that stay within the model's bounds
    order : the policy, states [S, N] -> orders [S] (or [S, 2])
    sweeps : backups that were made; 0 for a closed form
    """

    cost: float
    lower: float
    upper: float
    order: Order
    sweeps: int = 0

    def __call__(self, states: Ints) -> Ints:
        """Optimal orders in ``states``."""
        return self.order(states)


class Model(ABC):
    """A stationary decision process with independent demands; states are whole numbers in Zipkin's coordinates.

    A state [N] is what is on hand when the order is placed (this period's arrivals included), then what
    arrives in the next periods, oldest order first.
    """

    discount: float = 1.0  # below 1: the value of the starting state is asked for, not a cost per period

    @property
    @abstractmethod
    def start(self) -> Ints:
        """int64 [N]: nothing on hand, nothing on order."""

    @abstractmethod
    def outcomes(self, states: Ints, orders: Ints) -> Outcomes:
        """All that can follow from ``orders`` in ``states`` [S, N]."""

    @abstractmethod
    def expense(self, states: Ints, orders: Ints) -> Floats:
        """Expected cost of one period, float64 [S]."""

    @abstractmethod
    def solve(self, tolerance: float = 1e-8, limit: int = LIMIT) -> Optimum:
        """The best cost and orders; ``tolerance``: distance of the bounds, in cost per period.

        Raises
        ------
        CapabilityError
            The table of states has more than ``limit`` entries.
        """

    @property
    @abstractmethod
    def plenty(self) -> int:
        """Goods on hand and on order with which a sensible policy orders nothing: where `chain` begins to look."""

    def chain(self, order: Order, limit: int = LIMIT) -> Chain:
        """All states that a policy reaches from the start, with their transitions.

        A policy that orders even where there are plenty of goods is followed to where it orders in less than one
        period in 10**10; beyond, its orders are not placed.

        Raises
        ------
        CapabilityError
            There are more than ``limit`` states, or the policy orders even where there are many times as many goods.
        """
        for doublings in range(_DOUBLINGS):
            plenty = self.plenty << doublings
            chain = reach(self.start, order, self.outcomes, self.expense, limit, plenty)
            share = chain.share_withheld()
            if share < _NEGLIGIBLE:
                return chain
        raise CapabilityError(
            "a policy orders however much there is, so that its cost has no limit",
            where="evaluate",
            got=f"orders in {share:.2g} of all periods that begin with {plenty} goods or more on hand and on order",
            expected=f"< {_NEGLIGIBLE:g}",
        )

    def evaluate(self, order: Order, limit: int = LIMIT) -> float:
        """Exact cost per period of a stationary policy (discounted: its value from the start), to 1e-8.

        The states are those the policy reaches from nothing on hand, whatever it orders: no bound of the optimal
        policy is assumed. What is cut off are demands of probability below 1e-12, and orders as `chain` says.
        """
        return self.chain(order, limit).cost(self.discount)
