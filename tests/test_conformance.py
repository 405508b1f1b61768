"""Every registered problem, and the toy domain, keeps the contract."""

from __future__ import annotations

from typing import Any

from headway_maintenance.problem import Fleet

from headway.registry import make_problem, problems
from headway.testing import parametrize_with_checks

# Options that keep a problem's episodes short; what is not named here is checked with its defaults.
SMALL: dict[str, dict[str, Any]] = {
    "routing/cvrp": {"customers": 12},
    "portfolio/allocation": {"window": 8, "lookback": 252},
}

REGISTERED = [make_problem(name, **SMALL.get(name, {})) for name in problems()]


@parametrize_with_checks([*REGISTERED, Fleet()])
def test_contract(check):
    """The clause that the check is named after is kept."""
    check.run()
