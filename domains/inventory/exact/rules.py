"""Classical rules on the exact models: states [S, N] -> orders [S].

The inventory position is the sum of a state: all on hand (less what is owed) and on order.
"""

from __future__ import annotations

import numpy as np

from headway.domains.inventory.exact.model import Ints, Order


def base_stock(level: int) -> Order:
    """Order up to ``level``."""
    return lambda states: np.maximum(level - states.sum(axis=1), 0)


def capped_base_stock(level: int, cap: int) -> Order:
    """Order up to ``level``, but never more than ``cap`` at once (Xin 2021)."""
    return lambda states: np.clip(level - states.sum(axis=1), 0, cap)


def s_S(reorder: int, level: int) -> Order:
    """Order up to ``level`` where the inventory position is ``reorder`` or less."""
    return s_S_q(reorder, level, np.iinfo(np.int64).max)


def s_S_q(reorder: int, level: int, cap: int) -> Order:
    """Like (s, S), but never more than ``cap`` at once (the modified policy of Bijvank, Bhulai and Huh 2015)."""

    def order(states: Ints) -> Ints:
        position = states.sum(axis=1)
        return np.where(position <= reorder, np.clip(level - position, 0, cap), 0)

    return order


def s_nQ(reorder: int, lot: int) -> Order:
    """Order the fewest lots of ``lot`` that bring the inventory position above ``reorder``."""

    def order(states: Ints) -> Ints:
        short = np.maximum(reorder + 1 - states.sum(axis=1), 0)
        lots: Ints = -(-short // lot)
        return lots * lot

    return order
