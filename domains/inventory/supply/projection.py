"""Feasible shipments: within capacity, in whole lots, and no more than what is on hand where they start."""

from __future__ import annotations

from typing import Any

from headway.environment import Observation
from headway.ops import Array, Backend

CLOSE = 1e-6  # relative slack of the rules on lots and on hand: observations have 24 bits


def project(arrays: Backend, observation: Observation, decision: Array) -> Array:
    """Shipments [B, E] in the nearest whole lots; where a node has too little, its links share it.

    Shares are in proportion to what is asked for, rounded down to lots.
    """
    xp = arrays.xp
    lot = xp.astype(observation["lot"], xp.float64)
    some = xp.where(lot > 0, lot, xp.ones_like(lot))
    room = _capacity(xp, observation)
    room = xp.where(lot > 0, xp.floor(room / some * (1 + CLOSE)) * some, room)
    asked = xp.maximum(decision, xp.zeros_like(decision))
    asked = xp.minimum(xp.where(lot > 0, xp.floor(asked / some + 0.5) * some, asked), room)
    share = _share(arrays, observation, asked)
    given = asked * share
    whole = xp.floor(given / some * (1 + CLOSE)) * some
    return xp.where((lot > 0) & (share < 1), whole, given)


def relax(arrays: Backend, observation: Observation, decision: Array) -> Array:
    """Shipments [B, E] as `project` gives them, in any quantities."""
    xp = arrays.xp
    asked = xp.minimum(xp.maximum(decision, xp.zeros_like(decision)), _capacity(xp, observation))
    return asked * _share(arrays, observation, asked)


def _capacity(xp: Any, observation: Observation) -> Array:
    """float64 [B, E], infinite where the observation says -1."""
    seen = xp.astype(observation["capacity"], xp.float64)
    return xp.where(seen < 0, xp.full_like(seen, xp.inf), seen)


def _share(arrays: Backend, observation: Observation, asked: Array) -> Array:
    """The part of what is ``asked`` [B, E] that its node can give, [B, E]; 1 for outside suppliers."""
    xp, ops = arrays.xp, arrays.ops
    on_hand = xp.astype(observation["stock"], xp.float64)
    on_hand = xp.maximum(on_hand, xp.zeros_like(on_hand))
    nodes, tail = on_hand.shape[1], observation["tail"]
    tail = xp.where(tail < 0, xp.full_like(tail, nodes), tail)
    total = ops.segment_sum(asked, tail, nodes + 1)[:, :nodes]
    short = total > on_hand * (1 + CLOSE)
    part = xp.where(short, on_hand / xp.where(short, total, xp.ones_like(total)), xp.ones_like(total))
    part = xp.concat([part, xp.ones_like(part[:, :1])], axis=1)
    return xp.take_along_axis(part, tail, axis=1)
