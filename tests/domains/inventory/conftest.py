"""Small demand paths for the inventory tests."""

from __future__ import annotations

import numpy as np
import pytest

from headway.domains.inventory.stock.instance import StockPath
from headway.domains.inventory.stock.problem import Backlog, LostSales


def make_stock_path(demand, *, lost=True, start=0, warmup=0, dates=None, covariates=None, **each):
    """A path of these demands [T] or [T, I] as a batch of one; ``each``: one number for all items, or a list."""
    demand = np.asarray(demand, float)
    demand = demand.reshape(len(demand), -1)
    periods, items = demand.shape
    terms = {"holding": 1.0, "penalty": 9.0, "fixed": 0.0, "keep": 1.0, "lot": 0.0, "scale": 5.0, "lead_time": 0} | each
    rows = {name: np.broadcast_to(np.asarray(value, float), (1, items)).copy() for name, value in terms.items()}
    rows["lead_time"] = rows["lead_time"].astype(np.int64)
    return StockPath(
        dates=np.full((1, periods), "NaT", "datetime64[D]") if dates is None else np.asarray([dates], "datetime64[D]"),
        items=np.array([[f"item {i + 1}" for i in range(items)]]),
        demand=demand[None],
        covariates=np.zeros((1, periods, items, 0), np.float32) if covariates is None else covariates,
        lost=np.full((1, items), lost),
        start=np.array([start]),
        warmup=np.array([warmup]),
        **rows,
    )


@pytest.fixture(scope="session")
def stock_path():
    return make_stock_path


@pytest.fixture
def lost_sales():
    """Zipkin's problem with a lead time of two periods, episodes of 40."""
    return LostSales(lead_time=2, horizon=40, warmup=5)


@pytest.fixture
def backlog():
    """The same where shortages are owed."""
    return Backlog(lead_time=2, horizon=40, warmup=5)
