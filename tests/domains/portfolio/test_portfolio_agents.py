"""Agents: each one trains on this problem, and what it makes orders weights that the rules allow."""

from __future__ import annotations

import numpy as np
import pytest

from headway import rollout
from headway.components import build
from headway.domains.portfolio.allocation.problem import Allocation
from headway.registry import agent_class

PROBLEM = Allocation(data="synthetic", data_options={"ic": 0.3, "assets": 4}, window=4, lookback=30)
ON_POLICY = {"num_envs": 8, "rollout": 8}
OFF_POLICY = {"num_envs": 4, "collect": 4, "gradient_steps": 2, "warmup": 32, "batch": 32, "buffer": 1000}
AGENTS = {
    "pathwise": ("trade", "asset_mlp", {"batch": 8, "lr": 0.03}),
    "ppo": ("trade", "asset_mlp", ON_POLICY | {"batch": 64}),
    "a2c": ("trade", "transformer", ON_POLICY),
    "sac": ("trade", "asset_mlp", OFF_POLICY | {"critic": [8]}),
    "td3": ("trade", "asset_mlp", OFF_POLICY | {"critic": [8]}),
    "dqn": ("choose", "asset_mlp", OFF_POLICY),
    "recurrent_ppo": ("trade", "lstm", ON_POLICY | {"batch": 64}),
}


def trained(name, face, network, settings, steps=160, **env):
    agent = build(agent_class(name), settings, where="agent")
    face = PROBLEM.environment(face, backend=agent.backend, **env)
    trainer = agent.trainer(face, PROBLEM.network(network), seed=0, steps=steps)
    while trainer.steps < steps:
        trainer.advance()
    return trainer.policy()


def orders(policy, face, **env):
    """The solution on validation instances, and its evaluation."""
    instance = PROBLEM.instances("validation", 3)
    solution = rollout(PROBLEM.environment(face, **env), policy, instance).solution
    return solution.weights, PROBLEM.evaluate(instance, solution)


@pytest.mark.parametrize("name", AGENTS)
def test_every_agent_trains(name):
    """A few updates of each: finite, feasible, and no longer the weights of an untrained network."""
    face, network, settings = AGENTS[name]
    weights, found = orders(trained(name, face, network, settings), face)
    assert found.feasible.all()
    assert np.isfinite(found.objective).all()
    if name != "dqn":  # which may choose the base
        assert np.abs(weights[:, :, :-1] - 0.25).max() > 1e-4


@pytest.mark.parametrize("network", ["eiie", "lstm_window", "xlstm_window", "vision", "transformer"])
def test_networks_on_windows_train_through_the_accounting(network):
    """The pathwise agent moves each of them away from zero scores, with direct weights too."""
    policy = trained("pathwise", "trade", network, {"batch": 4, "lr": 0.03}, steps=48, window=20, form="softmax")
    weights, found = orders(policy, "trade", window=20, form="softmax")
    assert found.feasible.all()
    assert policy.network.score.weight.abs().max() > 0
    assert weights[0].std() > 0


@pytest.mark.parametrize("reward", ["differential_sharpe", "running_sharpe", "drawdown"])
def test_the_pathwise_agent_takes_other_objectives(reward):
    """Gradients pass through shaped rewards too; what is scored stays what it is."""
    policy = trained("pathwise", "trade", "asset_mlp", {"batch": 8, "lr": 0.03}, steps=64, reward=reward)
    weights, found = orders(policy, "trade", reward=reward)
    assert found.feasible.all()
    assert np.abs(weights[:, :, :-1] - 0.25).max() > 1e-4


def test_the_pathwise_agent_follows_the_signal():
    """Trained where the signal is strong, it holds more of what the signal favours than of what it does not."""
    env = {"strength": 6.0, "adjustment": 1.0}
    policy = trained("pathwise", "trade", "asset_mlp", {"batch": 32, "lr": 0.03}, steps=32 * 4 * 40, **env)
    weights, _ = orders(policy, "trade", **env)
    instance = PROBLEM.instances("validation", 3)
    days = instance.decisions(PROBLEM.rules.every, PROBLEM.rules.lag)
    signal = instance.signals[..., 0][:, days]
    centred = signal - signal.mean(axis=2, keepdims=True)
    assert (centred * weights[:, :, :-1]).sum(axis=2).mean() > 0.2
