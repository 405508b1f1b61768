"""Every registered problem, and the toy domain, keeps the contract."""

from __future__ import annotations

from typing import Any

from headway_maintenance.problem import Fleet

from headway.registry import make_problem, problems
from headway.testing import parametrize_with_checks

# Options that keep a problem's episodes short; what is not named here is checked with its defaults.
SMALL: dict[str, dict[str, Any]] = {
    "routing/cvrp": {"customers": 12},
    "routing/vrptw": {"customers": 8},
    "routing/ovrp": {"customers": 8},
    "routing/vrpb": {"customers": 8},
    "routing/vrpl": {"customers": 8},
    "routing/mdvrp": {"customers": 8},
    "routing/pcvrp": {"customers": 8},
    "routing/pdp": {"customers": 8},
    "routing/tsp": {"customers": 8},
    "routing/vrp": {
        "customers": 8,
        "time_windows": True,
        "backhauls": 0.3,
        "depots": 2,
        "prizes": 0.5,
        "distance_limit": 4.0,
        "fleet": 4,
    },
    "portfolio/allocation": {"window": 8, "lookback": 252},
    "portfolio/trading": {"window": 4, "lookback": 252},
    # Costs count from the second period, and orders arrive in it: gradients of the first three steps are not zero.
    "inventory/lost_sales": {"horizon": 30, "warmup": 1, "lead_time": 1},
    "inventory/backlog": {"horizon": 30, "warmup": 1, "lead_time": 1},
    "inventory/serial": {"horizon": 20, "warmup": 1, "lead_times": (1, 1), "holding": (0.5, 1.0)},
    "inventory/one_warehouse": {"horizon": 20, "warmup": 1, "stores": 2},
    "inventory/dual_sourcing": {"horizon": 20, "warmup": 1},
    "inventory/network": {"horizon": 20, "warmup": 1},
    "inventory/perishable": {"horizon": 30, "warmup": 1},
    "inventory/lot_sizing": {"horizon": 8},
    "vm_rescheduling/placement": {"machines": 4, "requests": 40},
    "vm_rescheduling/rescheduling": {"machines": 6, "limit": 0.1},
    "vm_rescheduling/rescheduling_live": {"machines": 6},
}

REGISTERED = [make_problem(name, **SMALL.get(name, {})) for name in problems()]


@parametrize_with_checks([*REGISTERED, Fleet()])
def test_contract(check):
    """The clause that the check is named after is kept."""
    check.run()
