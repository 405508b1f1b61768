"""Who gets how much where a node has less than its customers in the network ask for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

EXACT = 1e-6  # share of a lot, or of a unit, that is rounding
ROWS = 1024  # allocated at a time, which bounds the memory


def totals(values: Floats, ends: Integers, nodes: int) -> Floats:
    """Sums of ``values`` [B, E] by node [B, N + 1]; ``ends`` [B, E] in 0..N."""
    slots = ends + (np.arange(len(ends)) * (nodes + 1))[:, None]
    sums = np.bincount(slots.ravel(), values.ravel(), len(ends) * (nodes + 1)).astype(np.float64, copy=False)
    return sums.reshape(len(ends), nodes + 1)


def at(values: Floats, ends: Integers) -> Floats:
    """``values`` [B, N + 1] at the ends [B, E] of links, [B, E]."""
    return values[np.arange(len(ends))[:, None], ends]


def part(on_hand: Floats, asked: Floats, tail: Integers) -> Floats:
    """The share of what is ``asked`` [B, E] that its node can give, at most 1; [B, E]."""
    total, limit = totals(asked, tail, on_hand.shape[1]), limits(on_hand)
    return at(np.where(total > limit, limit / np.where(total > 0, total, 1.0), 1.0), tail)


def limits(on_hand: Floats) -> Floats:
    """What each node can give, [B, N + 1]; the last one is outside."""
    return np.concatenate([np.maximum(on_hand, 0.0), np.full((len(on_hand), 1), np.inf)], axis=1)


def least_shortage(
    on_hand: Floats, asked: Floats, tail: Integers, position: Floats, mean: Floats, std: Floats
) -> Floats:
    """Shares of ``on_hand`` [B, N] that leave all links of a node with one probability of being short; [B, E].

    With normal demand and equal costs that is least expected shortage: link e's head covers demand with
    ``mean`` and ``std`` [B, E] by its ``position`` [B, E] and what it gets, between 0 and ``asked`` [B, E]
    (Eppen and Schrage 1981, "Centralized ordering policies in a multi-warehouse system with lead times and
    random demand", section 3).

    What a node gives is piecewise linear in the common safety factor; its kinks are where a link's share leaves 0
    or reaches what was asked, and the factor lies between two of them.
    """
    if len(on_hand) > ROWS:
        blocks = [slice(i, i + ROWS) for i in range(0, len(on_hand), ROWS)]
        return np.concatenate(
            [least_shortage(on_hand[b], asked[b], tail[b], position[b], mean[b], std[b]) for b in blocks]
        )
    std, limit = np.maximum(std, 1e-9), at(limits(on_hand), tail)
    short = at(totals(asked, tail, on_hand.shape[1]), tail) > limit
    kinks = np.concatenate([(position - mean) / std, (position + asked - mean) / std], axis=1)
    same = tail[:, :, None] == np.concatenate([tail, tail], axis=1)[:, None]  # [B, E, 2 E]
    shares = np.clip((mean - position)[..., None] + std[..., None] * kinks[:, None], 0.0, asked[..., None])
    given = (shares * same).sum(axis=1)  # at each kink, by its node
    below = same & (given[:, None] <= np.maximum(limit[..., None], _least(given, same)))
    above = same & (given[:, None] >= limit[..., None])
    low, less = (np.where(below, values[:, None], -np.inf).max(axis=2) for values in (kinks, given))
    high, more = (np.where(above, values[:, None], np.inf).min(axis=2) for values in (kinks, given))
    between = short & np.isfinite(more)  # else rounding has the last kink a little short of the limit
    low, less, limit = (np.where(short, values, 0.0) for values in (low, less, limit))
    high, more = np.where(between, high, low), np.where(between, more, less)
    factor = low + (high - low) * (limit - less) / np.where(more > less, more - less, 1.0)
    return np.where(short, np.clip(mean + factor * std - position, 0.0, asked), asked)


def _least(given: Floats, same: NDArray[np.bool_]) -> Floats:
    """What is given at the first kink of each link's node, [B, E, 1]: nothing, but for rounding."""
    least: Floats = np.where(same, given[:, None], np.inf).min(axis=2, keepdims=True)
    return least


def whole(on_hand: Floats, given: Floats, lot: Floats, tail: Integers) -> Floats:
    """``given`` [B, E] in whole lots: rounded down, and what that leaves over to those who lost most of a lot."""
    some, nodes = np.where(lot > 0, lot, 1.0), on_hand.shape[1]
    floor = np.where(lot > 0, np.floor(given / some + EXACT) * some, given)
    lost = (given - floor) / some
    spare = np.concatenate([on_hand, np.full((len(on_hand), 1), np.inf)], axis=1) - totals(floor, tail, nodes)
    order = np.lexsort((-lost, tail), axis=-1)
    more = np.take_along_axis(np.where(lost > EXACT, some, 0.0), order, axis=1)
    ends, taken = np.take_along_axis(tail, order, axis=1), np.cumsum(more, axis=1)
    before = np.where(np.diff(ends, axis=1, prepend=-1) != 0, taken - more, 0.0)  # by the nodes sorted before
    taken -= np.maximum.accumulate(before, axis=1)
    extra = np.zeros_like(given)
    enough = taken <= at(spare, ends) + EXACT
    np.put_along_axis(extra, order, np.where(enough, more, 0.0), axis=1)
    return floor + extra
