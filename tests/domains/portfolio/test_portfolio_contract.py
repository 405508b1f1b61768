"""The conformance suite, on a configuration that differs from the default in every rule."""

from __future__ import annotations

from headway.domains.portfolio.allocation.problem import Allocation
from headway.testing import parametrize_with_checks

LONG_SHORT = Allocation(
    data="factors",
    window=6,
    every=5,
    lookback=130,
    execution_lag=0,
    same_close=True,
    cost_bps=25,
    cash="nothing",
    long_only=False,
    leverage=1.6,
    cap=0.7,
)


@parametrize_with_checks([LONG_SHORT])
def test_contract(check):
    """Every clause of the contract holds with shorts, leverage, a cap and trades at the same close."""
    check.run()
