"""Observations brought to one scale: the statistics, where they change and where not, stored, resumed, exported."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from gymnasium import spaces
from small_agents import SMALL, same, small_config

from headway.components import build
from headway.errors import CapabilityError
from headway.nn.mlp import MLP
from headway.nn.standard import Standard, Standardized
from headway.pipelines.train import train
from headway.registry import agent_class, make_problem
from headway.storage.checkpoint import load_state, save_state
from headway.storage.stored import load_policy, save_policy

SPACE = spaces.Dict({"level": spaces.Box(-np.inf, np.inf, (2,), np.float32), "kind": spaces.Discrete(3)})
ABLE = [n for n in SMALL if n not in ("recurrent_ppo", "sb3_ppo with a mask")]


def standardizing(name, seed=0, **options):
    """A small training run whose network standardises."""
    small = SMALL[name]
    agent = build(agent_class(name), {**small.options, "normalize_observation": True, **options}, where="agent")
    problem = make_problem(small.problem)
    environment = problem.environment(small.env, backend=agent.backend)
    return agent.trainer(environment, problem.network(**small.network), seed=seed, steps=400)


def network(trainer):
    """The one that acts."""
    return trainer.policy().network


def test_statistics_equal_numpys():
    """Merged over batches of unequal size, they are those of all numbers together; categories are left alone."""
    standard, rng = Standard(SPACE), np.random.default_rng(0)
    level = (1000 + 3 * rng.standard_normal((50, 2))).astype(np.float32)
    seen = {"level": torch.from_numpy(level), "kind": torch.arange(50) % 3}
    assert standard(seen)["level"] is seen["level"]
    for part in (slice(0, 7), slice(7, 8), slice(8, 50)):
        standard.update({name: tensor[part] for name, tensor in seen.items()})
    out = standard(seen)
    expected = (level - level.mean(0, dtype=float)) / level.std(0, dtype=float)
    assert np.allclose(out["level"], expected, atol=1e-3)
    assert out["kind"] is seen["kind"]
    assert float(standard({"level": torch.full((1, 2), 1e9), "kind": torch.zeros(1)})["level"].max()) == 10


def test_constants_are_not_blown_up():
    """A number that never differed keeps its unit: a first deviation is not divided by nothing."""
    standard = Standard(SPACE)
    standard.update({"level": torch.full((9, 2), 5.0), "kind": torch.zeros(9)})
    assert standard({"level": torch.tensor([[5.0, 5.5]]), "kind": torch.zeros(1)})["level"].tolist() == [[0.0, 0.5]]


@pytest.mark.parametrize("name", ABLE)
def test_runs_resume_bit_for_bit(name, tmp_path):
    """Statistics are a part of what is stored; the rest of the run is the one that was never interrupted."""
    whole, resumed = standardizing(name), standardizing(name, seed=1)
    whole.advance(), whole.advance(), whole.advance()
    save_state(whole.get_state(), tmp_path / "step")
    expected = [whole.advance() for _ in range(3)]
    resumed.set_state(load_state(tmp_path / "step"))
    assert [resumed.advance() for _ in range(3)] == expected
    same(resumed.get_state(), whole.get_state())
    assert float(network(resumed).standard.count) > 0


@pytest.mark.parametrize("name", ABLE)
def test_the_policy_on_disk_is_the_one_in_training(name, tmp_path):
    """Statistics travel with the weights, and acting does not change them."""
    trainer = standardizing(name)
    for _ in range(3):
        trainer.advance()
    policy = trainer.policy()
    stored = load_policy(save_policy(policy, tmp_path / "policy"))
    assert isinstance(stored.network, Standardized)
    before = {key: tensor.clone() for key, tensor in stored.network.state_dict().items()}
    small = SMALL[name]
    environment = make_problem(small.problem).environment(small.env)
    start = environment.reset(environment.prepare(environment.problem.instances("validation", 16)))
    seen = environment.observe(environment.prepare(environment.problem.instances("validation", 16)), start)
    mask = environment.mask(environment.prepare(environment.problem.instances("validation", 16)), start)
    assert np.array_equal(policy.act(seen, mask)[0], stored.act(seen, mask)[0])
    for key, tensor in stored.network.state_dict().items():
        assert torch.equal(tensor, before[key])


@pytest.mark.parametrize("name", ["sb3_ppo", "a2c", "dqn", "sac", "td3"])
def test_exported_actions_equal_sb3s(name):
    """SB3's own prediction sees through the same statistics."""
    trainer = standardizing(name)
    for _ in range(4):
        trainer.advance()
    space = trainer.model.observation_space
    space.seed(0)
    rows = [space.sample() for _ in range(32)]
    batch = {key: 3 * np.stack([row[key] for row in rows]) for key in space.spaces}
    theirs, _ = trainer.model.predict(batch, deterministic=True)
    bounds = trainer.env.unwrapped._bounds
    theirs = theirs if bounds is None else bounds.unscale(torch.from_numpy(theirs)).numpy()
    assert np.allclose(trainer.policy().act(batch, None)[0], theirs, atol=1e-6)


@pytest.mark.parametrize("name", ["dqn", "sac", "td3"])
def test_critics_and_targets_share_the_statistics(name):
    """Whatever looks at observations within one algorithm looks through the same statistics."""
    trainer = standardizing(name)
    for _ in range(3):
        trainer.advance()
    found = {id(module) for module in trainer.model.policy.modules() if isinstance(module, Standard)}
    assert len(found) == 1


def test_an_updates_ratio_starts_at_one():
    """PPO learns from a rollout through the statistics it acted by: before the first step nothing has changed."""
    trainer = standardizing("ppo")
    trainer.advance()
    trainer.rollout.collect(trainer.parts.act, trainer.parts.head.acted)
    with torch.no_grad():
        losses = trainer._losses(trainer._lessons())
    assert float(losses.kl) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("name", ["ppo", "sb3_ppo", "dqn"])
def test_reported_results_are_in_the_problems_units(name, tmp_path):
    """With rewards scaled for the learner or not: validation before training, and returns, are the problem's own."""
    found = {}
    for scaled in (False, True):
        options = {"name": name, **SMALL[name].options, "normalize_reward": scaled}
        run = train(small_config(name, agent=options, steps=100), root=tmp_path / str(scaled), quiet=True)
        rows = [json.loads(line) for line in (run.folder / "metrics.jsonl").read_text().splitlines()]
        found[scaled] = [row["metrics"] for row in rows]
        policy = load_policy(run.folder / "policy")
        assert not any("reward" in key for key in policy.network.state_dict())
    for metric in ("validation/objective", "rollout/return"):
        plain, divided = (next(row[metric] for row in rows if metric in row) for rows in found.values())
        assert plain == pytest.approx(divided)


def test_networks_that_take_any_size_are_refused():
    """Statistics for each number mean nothing where the numbers of entities differ."""
    made = MLP().build(SPACE, spaces.Discrete(2))
    made.sized = False
    with pytest.raises(CapabilityError, match="any number of entities"):
        Standardized(made, Standard(SPACE))


def test_networks_with_memory_are_refused():
    """So are they for `recurrent_ppo`, whose networks are SB3's own."""
    with pytest.raises(CapabilityError, match="memory"):
        standardizing("recurrent_ppo")
