"""Small markets for the portfolio tests."""

from __future__ import annotations

import numpy as np
import pytest

from headway.domains.portfolio.allocation.problem import Allocation
from headway.domains.portfolio.market.instance import PricePath


def make_path(returns, cash=None, start=0):
    """A path of these daily returns [T, N] on consecutive days from 2020-01-01."""
    returns = np.asarray(returns, float)
    days, assets = returns.shape
    return PricePath.of(
        dates=np.datetime64("2020-01-01") + np.arange(days)[None],
        assets=np.array([[f"A{i}" for i in range(assets)]]),
        returns=returns[None],
        cash=(np.zeros(days) if cash is None else np.asarray(cash, float))[None],
        start=np.array([start]),
    )


@pytest.fixture
def path():
    return make_path


@pytest.fixture
def small():
    """Few periods of the real data, so that planners are cheap."""
    return Allocation(window=3, lookback=260)
