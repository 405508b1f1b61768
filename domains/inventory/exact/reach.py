"""The states that a stationary policy reaches, and their transitions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.domains.inventory.exact.chain import Chain
from headway.errors import CapabilityError, ContractError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_BITS = 62  # of an integer that stands for a state, shared by its coordinates


def reach(
    start: Ints,
    order: Callable[[Ints], Ints],
    outcomes: Callable[[Ints, Ints], tuple[Ints, Floats]],
    expense: Callable[[Ints, Ints], Floats],
    limit: int,
    plenty: int,
) -> Chain:
    """Follow a policy from ``start`` [N] until no new state turns up.

    In states with ``plenty`` goods or more nothing is ordered: a policy that always orders would reach infinitely
    many, with a probability that soon means nothing.

    Raises
    ------
    CapabilityError
        More than ``limit`` states turn up.
    ContractError
        The policy orders less than nothing or a fraction.
    """
    from scipy.sparse import coo_array

    code = _Code(len(start))
    fresh = start[None]
    seen = code(fresh)
    states, orders, costs, ends, chances, counts, withheld = [], [], [], [], [], [], []
    while len(fresh):
        chosen = _whole(order(fresh), fresh)
        over = fresh.sum(axis=1) >= plenty
        withheld.append(over & (chosen.reshape(len(fresh), -1) > 0).any(axis=1))
        chosen[over] = 0
        following, chance = outcomes(fresh, chosen)
        possible = chance > 0
        states.append(fresh)
        orders.append(chosen)
        costs.append(expense(fresh, chosen))
        ends.append(code(following[possible]))
        chances.append(chance[possible])
        counts.append(possible.sum(axis=1))
        new, where = np.unique(ends[-1], return_index=True)
        unknown = ~_contains(seen, new)
        fresh = following[possible][where[unknown]]
        seen = np.sort(np.concatenate([seen, new[unknown]]))
        if len(seen) > limit:
            raise CapabilityError(
                "a policy reaches too many states for an exact evaluation",
                where="evaluate",
                got=f"more than {limit}",
                hint="shorten the lead time, or simulate",
            )
    every = np.concatenate(states)
    size, codes = len(every), code(every)
    rank = np.argsort(codes)
    columns = rank[np.searchsorted(codes, np.concatenate(ends), sorter=rank)]
    rows = np.repeat(np.arange(size), np.concatenate(counts))
    matrix = coo_array((np.concatenate(chances), (rows, columns)), shape=(size, size)).tocsr()
    return Chain(every, np.concatenate(orders), matrix, np.concatenate(costs), np.concatenate(withheld))


def _contains(known: Ints, values: Ints) -> NDArray[np.bool_]:
    """Whether each of ``values`` is among the sorted ``known``."""
    at = np.minimum(np.searchsorted(known, values), len(known) - 1)
    same: NDArray[np.bool_] = known[at] == values
    return same


def _whole(orders: Any, states: Ints) -> Ints:
    """Orders as integers, refused where they are negative or fractions."""
    given = np.asarray(orders)
    whole = np.array(given, dtype=np.int64)
    if given.shape[:1] != states.shape[:1] or (whole != given).any() or (whole < 0).any():
        raise ContractError(
            "a policy's orders are not whole numbers >= 0, one for each state",
            where="evaluate",
            got=f"shape {given.shape}, from {given.min():g} to {given.max():g}",
            expected=f"[{len(states)}] whole numbers",
        )
    return whole


class _Code:
    """States of N coordinates as single integers, each coordinate having the same number of bits."""

    def __init__(self, coordinates: int) -> None:
        self.bits = _BITS // coordinates
        self.half = 1 << (self.bits - 1)

    def __call__(self, states: Ints) -> Ints:
        """int64 [...] of ``states`` [..., N]."""
        if states.size and (states.min() < -self.half or states.max() >= self.half):
            raise CapabilityError(
                "a state is too large for an exact evaluation", where="evaluate", got=int(np.abs(states).max())
            )
        codes = np.zeros(states.shape[:-1], dtype=np.int64)
        for axis in range(states.shape[-1]):
            codes = (codes << self.bits) + (states[..., axis] + self.half)
        return codes
