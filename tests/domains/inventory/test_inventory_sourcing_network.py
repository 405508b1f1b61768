"""The network for two sources, and the search for the parameters of rules."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from headway import make_problem
from headway.domains.inventory.supply.sourcing_cost import exact_cost
from headway.errors import CapabilityError
from headway.nn.decoding import Bounds


def test_search_does_not_end_where_nothing_is_expedited():
    """Premium 20, penalty 95: from its usual beginning alone the search ends 5 % above the best of all small levels."""
    problem = make_problem("inventory/dual_sourcing", regular_cost=0.0, expedited_cost=20.0, penalty=95.0)
    levels = [{"expedited_level": float(s), "regular_level": float(s + d)} for s in range(2, 5) for d in range(4, 8)]
    best = min(exact_cost(problem, problem.baseline("dual_index", **level)) for level in levels)
    assert exact_cost(problem, problem.baseline("dual_index")) == pytest.approx(best, rel=1e-6)
    assert exact_cost(problem, problem.baseline("capped_dual_index")) <= best * (1 + 1e-9)


def test_an_untrained_network_orders_about_the_usual_quantities():
    """The action that tanh makes of the output is one usual order from each source, and follows the linear rule."""
    problem = make_problem("inventory/dual_sourcing")
    environment = problem.environment()
    params = environment.prepare(problem.instances("train", 3))
    observation = environment.observe(params, environment.reset(params))
    observation_space, action_space = environment.spaces(params)
    network = problem.network("positions").build(observation_space, action_space)
    seen = {name: torch.as_tensor(np.asarray(array)) for name, array in observation.items()}
    seen["stock"] = seen["node_scale"]  # the usual one
    orders = Bounds(action_space).squashed(network(seen))
    torch.testing.assert_close(orders, torch.ones(3, 2), atol=0.05, rtol=0.0)
    with torch.no_grad():
        network.rule.weight[0, 0] = -1.0  # the regular source looks at what is on hand
        more = dict(seen, stock=seen["stock"] + 0.25 * seen["node_scale"])
        change = Bounds(action_space).squashed(network(more)) - Bounds(action_space).squashed(network(seen))
    assert change[:, 0].max() < -0.15
    assert change[:, 1].abs().max() < 0.05


def test_network_refuses_other_problems():
    """Several points, or actions that are no quantities."""
    problem = make_problem("inventory/serial")
    environment = problem.environment()
    spaces = environment.spaces(environment.prepare(problem.instances("train", 1)))
    with pytest.raises(CapabilityError, match="one stocking point"):
        make_problem("inventory/dual_sourcing").network("positions").build(*spaces)
