"""Who gets how much where a node has less than its customers in the network ask for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

HALVINGS = 30  # of the interval that the common safety factor lies in


def totals(values: Floats, ends: Integers, nodes: int) -> Floats:
    """Sums of ``values`` [B, E] by node [B, N + 1]; ``ends`` [B, E] in 0..N."""
    slots = ends + (np.arange(len(ends)) * (nodes + 1))[:, None]
    return np.bincount(slots.ravel(), values.ravel(), len(ends) * (nodes + 1)).reshape(len(ends), nodes + 1)


def part(on_hand: Floats, asked: Floats, tail: Integers) -> Floats:
    """The share of what is ``asked`` [B, E] that its node can give, at most 1; [B, E]."""
    total = totals(asked, tail, on_hand.shape[1])
    limit = np.concatenate([np.maximum(on_hand, 0.0), np.full((len(on_hand), 1), np.inf)], axis=1)
    share = np.where(total > limit, limit / np.where(total > 0, total, 1.0), 1.0)
    return np.take_along_axis(share, tail, axis=1)


def least_shortage(
    on_hand: Floats, asked: Floats, tail: Integers, position: Floats, mean: Floats, std: Floats
) -> Floats:
    """Shares of ``on_hand`` [B, N] that leave all links of a node with one probability of being short; [B, E].

    With normal demand and equal costs that is least expected shortage: link e's head covers demand with
    ``mean`` and ``std`` [B, E] by its ``position`` [B, E] and what it gets, between 0 and ``asked`` [B, E]
    (Eppen and Schrage 1981, "Centralized ordering policies in a multi-warehouse system with lead times and
    random demand", section 3).
    """
    std = np.maximum(std, 1e-9)
    nodes = on_hand.shape[1]
    limit = np.concatenate([np.maximum(on_hand, 0.0), np.full((len(on_hand), 1), np.inf)], axis=1)
    low = np.broadcast_to(((position - mean) / std).min(axis=1, keepdims=True), limit.shape)
    high = np.broadcast_to(((position + asked - mean) / std).max(axis=1, keepdims=True), limit.shape)

    def given(factor: Floats) -> Floats:
        level = mean + np.take_along_axis(factor, tail, axis=1) * std
        return np.clip(level - position, 0.0, asked)

    for _ in range(HALVINGS):
        middle = (low + high) / 2
        enough = totals(given(middle), tail, nodes) <= limit
        low, high = np.where(enough, middle, low), np.where(enough, high, middle)
    return np.where(part(on_hand, asked, tail) < 1, given(low), asked)


def whole(on_hand: Floats, given: Floats, lot: Floats, tail: Integers) -> Floats:
    """``given`` [B, E] in whole lots: rounded down, and what that leaves over to those who lost most of a lot."""
    some = np.where(lot > 0, lot, 1.0)
    lots = given / some
    floor = np.floor(lots + 1e-6)
    nodes = on_hand.shape[1]
    spare = np.concatenate([on_hand, np.full((len(on_hand), 1), np.inf)], axis=1) - totals(floor * some, tail, nodes)
    lost = np.where(lot > 0, lots - floor, -1.0)
    order = np.lexsort((-lost, tail), axis=-1)
    ends, place = np.take_along_axis(tail, order, axis=1), np.arange(tail.shape[1])
    begins = np.where(np.diff(ends, axis=1, prepend=-1) != 0, place, 0)
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, place - np.maximum.accumulate(begins, axis=1), axis=1)
    enough = (rank + 1) * some <= np.take_along_axis(spare, tail, axis=1)
    return np.where(lot > 0, (floor + (enough & (lost > 1e-6))) * some, given)
