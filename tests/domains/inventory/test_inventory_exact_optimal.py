"""The optimal policy in the environments: its simulated cost is the dynamic programme's."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from headway.domains.inventory.exact.lost_sales import LostSales
from headway.domains.inventory.exact.optimal import Optimal
from headway.domains.inventory.perishable.problem import Perishable
from headway.domains.inventory.stock.problem import Backlog
from headway.domains.inventory.stock.problem import LostSales as LostSalesProblem
from headway.domains.inventory.supply.dual_sourcing import DualSourcing
from headway.errors import CapabilityError, ConfigError
from headway.rollouts import rollout

PROBLEMS = {
    "lost-L0": LostSalesProblem(lead_time=0),
    "lost-L1": LostSalesProblem(lead_time=1, penalty=4.0),
    "lost-L3-two-items": LostSalesProblem(lead_time=3, items=2),
    "lost-fixed": LostSalesProblem(lead_time=2, penalty=14.0, fixed=5.0),
    "dual-L2": DualSourcing(),
    "dual-L3": DualSourcing(regular_lead_time=3, expedited_cost=110.0),
    "backlog": Backlog(lead_time=2),
    "backlog-fixed": Backlog(lead_time=1, fixed=20.0),
    "lifo-L1": Perishable(lifetime=3, lead_time=1, issuing="lifo"),
    "fifo-L2": Perishable(lifetime=2, lead_time=2),
    "fifo-L0": Perishable(lifetime=3, lead_time=0),
}


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_simulated_cost_is_the_optimum(problem):
    """Within 4 standard errors over 256 paths of 500 periods, the first fifth not counted."""
    policy = problem.baseline("optimal")
    paths = problem.instances("tuning", 256)
    costs = problem.evaluate(paths, rollout(problem.environment(), policy, paths).solution).objective
    expected = policy.optimum.cost * getattr(problem, "items", 1)
    assert abs(costs.mean() - expected) < 4 * costs.std(ddof=1) / 16


def test_the_table_is_looked_up():
    """What is on hand and what arrives next, item by item; the pipeline's last place is not part of the state."""
    model = LostSales(np.full(5, 0.2), 2, 1.0, 9.0)
    policy = Optimal(problem=SimpleNamespace(model=lambda: model))
    states = np.array([[[0, 0], [3, 1]], [[6, 0], [1, 4]]])
    seen = {
        "stock": states[..., 0].astype(np.float32),
        "pipeline": np.stack([states[..., 1], 0 * states[..., 1]], axis=-1).astype(np.float32),
        "scale": np.full((2, 2), 2.0, np.float32),
    }
    actions, _ = policy.act(seen, None)
    wanted = model.solve()(states.reshape(-1, 2)).reshape(2, 2)
    np.testing.assert_array_equal(actions * 2.0, wanted)
    assert wanted[0, 0] > wanted[1, 0]


def test_refused():
    with pytest.raises(CapabilityError, match="too many states"):
        _ = Optimal(problem=LostSalesProblem(), limit=1000).optimum
    with pytest.raises(ConfigError, match="without a problem"):
        _ = Optimal().optimum
