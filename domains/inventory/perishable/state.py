"""What the step of ageing goods works on."""

from __future__ import annotations

from typing import NamedTuple

from headway.environment import Observation
from headway.ops import Array


class Params(NamedTuple):
    """Per instance; M is the lifetime, W the longest lead time, at least 1.

    The state's ``goods``, float64 [B, I, M + W], are a conveyor that moves by one a period. The first M places are on
    hand, with 1, 2, ..., M periods left (this one included); the others arrive, fresh, in 1, 2, ..., W periods.

    demand : float64 [B, T, I]
    place : float64 [B, I, M + W], one where an order joins the goods
    left_cost : float64 [B, I, M], cost per unit left at the end of its last period (waste), its last but one
        (holding), ...
    penalty, unit_cost, fixed : float64 [B, I]
    lifo : bool [B, I, 1]
    first : int64 [B], first period whose cost is counted; share : float64 [B], 1 / counted periods
    start : int64 [B]
    nothing : float64 [B, I, 1], zeros
    shown : what is observed and never changes (scale, costs, lot)
    covariates : float32 [B, T - start + 1, I, K], or None
    """

    demand: Array
    place: Array
    left_cost: Array
    penalty: Array
    unit_cost: Array
    fixed: Array
    lifo: Array
    first: Array
    share: Array
    start: Array
    nothing: Array
    shown: Observation
    covariates: Array | None
