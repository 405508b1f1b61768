"""The conformance suite, on configurations that differ from the default in every rule."""

from __future__ import annotations

import numpy as np
import pytest

from headway.domains.portfolio.allocation.problem import Allocation
from headway.domains.portfolio.market.instance import GONE, SUSPENDED, TRADED
from headway.domains.portfolio.market.market import Market
from headway.testing import checks_for, parametrize_with_checks

LONG_SHORT = Allocation(
    data="factors",
    window=6,
    every=5,
    lookback=130,
    execution_lag=0,
    same_close=True,
    cost_bps=25,
    spread_bps=4,
    borrow_bps=50,
    margin_bps=150,
    cash="nothing",
    long_only=False,
    leverage=1.6,
    cap=0.7,
)


_GROUPED = {
    "data": "factors",
    "window": 3,
    "every": 5,
    "lookback": 130,
    "cap": 0.5,
    "groups": {"trend": ("MTUM", "QUAL"), "calm": ("SIZE", "USMV")},
    "group_caps": {"trend": 0.4, "calm": 0.5},
}
SLOW, FEW = Allocation(**_GROUPED, turnover=0.3), Allocation(**_GROUPED, names=3)


@parametrize_with_checks([LONG_SHORT, SLOW, FEW])
def test_contract(check):
    """Every clause of the contract holds with shorts, loans, fees, a cap and trades at the same close; and with limits
    on groups beside one on turnover, or one on names.
    """
    check.run()


def halting(days=420, assets=5):
    """A market on which an asset is listed late, one leaves, and all stop trading now and then."""
    rng = np.random.default_rng(0)
    status = rng.choice([TRADED, SUSPENDED], (days, assets), p=[0.97, 0.03]).astype(np.int8)
    status[:150, 3] = GONE
    status[300:, 1] = GONE
    still = (status == SUSPENDED) | ((status == GONE) & (np.roll(status, 1, axis=0) == GONE))
    return Market(
        dates=np.datetime64("2015-01-01") + np.arange(days),
        assets=tuple("ABCDE"[:assets]),
        returns=np.where(still, 0.0, rng.normal(5e-4, 0.015, (days, assets))),
        cash=np.full(days, 1e-4),
        source="made up",
        rest={"status": status, "volume": np.where(status == TRADED, rng.lognormal(14, 0.5, (days, assets)), 0.0)},
    )


HALTING = Allocation(known=halting(), window=4, every=5, lookback=130, impact=1.0, long_only=False, leverage=1.5)
# What is given cannot be rebuilt from options: that clause is for configured problems.
HALTED = [check for check in checks_for(HALTING) if "problem_is_its_options" not in check.id]


@pytest.mark.parametrize("check", HALTED, ids=[check.id for check in HALTED])
def test_contract_where_assets_stop_trading(check):
    """Every clause holds where assets are suspended, listed late and delisted, and where size moves prices."""
    check.run()
