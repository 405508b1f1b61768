"""The trained policy that ships: small, with a card, for any number of assets."""

from __future__ import annotations

import numpy as np
import pytest

from headway import rollout
from headway.contest.contestants import resolve
from headway.domains.portfolio.allocation.problem import Allocation


@pytest.mark.parametrize("name", Allocation.policies)
def test_what_ships_is_small_and_has_a_card(name):
    """Less than 3 MB; the card names the command, the data, the trials and every seed."""
    folder = Allocation().policy_folder(name)
    assert sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) < 3_000_000
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert card.startswith(f"# portfolio/allocation: {name}\n")
    for word in ("benchmarks/portfolio_selection.py ship", "trials", "survivors", "seed 4", "1/N"):
        assert word in card


@pytest.mark.parametrize("name", Allocation.policies)
@pytest.mark.parametrize("data", ["sp500", "factors"])
def test_it_orders_allowed_weights_that_are_not_equal(name, data):
    """Five funds or twenty stocks, with other data beside them or without: feasible, and active."""
    problem = Allocation(data=data, window=3, lookback=260)
    policy = problem.policy(name)
    instance = problem.instances("validation", 2)
    environment = problem.environment(policy.environment, **policy.environment_options)
    solution = rollout(environment, policy, instance).solution
    assert problem.evaluate(instance, solution).feasible.all()
    traded = solution.weights[solution.weights.any(axis=2)]
    assert np.abs(traded[:, :-1] - 1 / (traded.shape[1] - 1)).max() > 0.005


def test_its_ablation_acts_as_it_does():
    """Chance tilts the same base; beside a policy around 1/N the two are told apart by name."""
    ablation = resolve("residual", Allocation()).without_learning()
    assert ablation.label == "random (trade, base=inverse_volatility)"
    assert ablation.environment_options["base"] == "inverse_volatility"
