"""What an environment knows of an instance, and where it is in it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.domains.inventory.stock.instance import StockPath
from headway.environment import Observation
from headway.ops import Array


class Params(NamedTuple):
    """Per instance; W is the longest lead time, at least 1.

    demand : float64 [B, T, I]
    place : float64 [B, I, 1 + W], one where an order joins the goods (see `State`)
    holding, penalty, keep, owed : float64 [B, I]; owed is 1 where what is short is owed, 0 where it is lost
    fixed : float64 [B, I], or None where no order has a fixed cost
    first : int64 [B], first period whose cost is counted; share : float64 [B], 1 / counted periods
    start : int64 [B]
    nothing : float64 [B, I, 1], zeros
    shown : what is observed and never changes (scale, costs, lot)
    recent : float32 [B, T - start + 1, I, H], last H demands at each decision and at the end, or None
    covariates : float32 [B, T - start + 1, I, K], or None
    """

    demand: Array
    place: Array
    holding: Array
    penalty: Array
    keep: Array
    owed: Array
    fixed: Array | None
    first: Array
    share: Array
    start: Array
    nothing: Array
    shown: Observation
    recent: Array | None
    covariates: Array | None


class State(NamedTuple):
    """Before the order of ``period`` (int64 [B]) is placed.

    ``goods`` float64 [B, I, 1 + W]: on hand (negative: owed), then what arrives in 1, 2, ..., W periods.
    """

    period: Array
    goods: Array


def recent(instance: StockPath, lags: int) -> NDArray[np.float32] | None:
    """float32 [B, T - start + 1, I, lags]: the demands before each decided period and before the end."""
    if not lags:
        return None
    known = instance.demand[:, instance.first - lags :].astype(np.float32)
    return np.lib.stride_tricks.sliding_window_view(known, lags, axis=1, writeable=True)


def announced(instance: StockPath) -> NDArray[np.float32] | None:
    """float32 [B, T - start + 1, I, K]: covariates of the decided periods, the last ones once more for the end."""
    if not instance.covariates.shape[-1]:
        return None
    decided = instance.covariates[:, instance.first :]
    return np.concatenate([decided, decided[:, -1:]], axis=1)
