"""PPO in which the sub-steps of a decision are one: its arithmetic, what it leaves out, and that it learns."""

from __future__ import annotations

import numpy as np
import pytest
import tiny
import torch
from headway_maintenance.problem import Fleet
from small_agents import small_trainer

from headway.errors import CapabilityError
from headway.nn.mlp import MLP
from headway.pipelines.agents.ppo_advantage import Path, state_advantage
from headway.pipelines.agents.two_stage import TwoStagePPO
from headway.pipelines.agents.two_stage_decisions import Decisions, decision_advantage
from headway.rollouts import rollout

GAMMA, DECAY = 0.9, 0.8


def small(problem=None, **options):
    problem = problem or Fleet(machines=2, periods=14)
    agent = TwoStagePPO(num_envs=8, rollout=12, batch=16, normalize_reward=False, **options)
    return agent.trainer(problem.environment(), MLP(hidden=(4,)), seed=0, steps=400)


def test_decisions_by_hand():
    """One row of decisions of two and one sub-steps, one that begins in the middle of a decision."""
    phase = torch.tensor([[0, 1, 0, 0, 1, 0, 0], [1, 0, 1, 0, 1, 0, 1]]).T
    decisions = Decisions.of(phase)
    assert decisions.length[:, 0].tolist() == [2, 1, 1, 2, 1, 1]
    # With decisions of up to two sub-steps, none that begins at the last of six steps is used, whatever its length.
    assert decisions.used.T.int().tolist() == [[1, 0, 1, 1, 0, 0], [0, 1, 0, 1, 0, 0]]


def test_what_is_left_out_does_not_depend_on_the_decision():
    """At the steps at which one row's decision is left out, all rows' are."""
    phase = torch.from_numpy(np.random.default_rng(0).integers(0, 2, (30, 500)))
    phase[1:] *= 1 - phase[:-1]  # never two second sub-steps in a row
    decisions = Decisions.of(phase)
    begun = decisions.begins[:-1]
    assert (decisions.used[:-1] == begun[:-1]).all()
    assert not decisions.used[-1].any()
    assert begun[-1].any()


def test_advantage_equals_that_of_whole_decisions():
    """Where all decisions take two sub-steps, it is the usual one over pairs of steps, their rewards added."""
    torch.manual_seed(0)
    steps, rows = 10, 3
    reward, value = torch.randn(steps, rows), torch.randn(steps + 1, rows)
    going, after = torch.ones(steps, rows), torch.zeros(steps, rows)
    going[5, 0], going[7, 1], after[7, 1] = 0.0, 0.0, 2.5
    phase = (torch.arange(steps + 1) % 2)[:, None].expand(-1, rows)
    decisions = Decisions.of(phase)
    got = decision_advantage(Path(reward, going, after), value, decisions, GAMMA, DECAY)
    pairs = Path(reward[::2] + reward[1::2], going[1::2], after[1::2])
    assert torch.allclose(got[::2], state_advantage(pairs, value[::2], GAMMA, DECAY), atol=1e-5)
    assert not got[1::2].any()


def test_advantage_with_sub_steps_of_one_is_the_usual_one():
    """Where each step is a decision, it is PPO's."""
    reward, value = torch.randn(7, 4), torch.randn(8, 4)
    going = (torch.rand(7, 4) > 0.3).float()
    path = Path(reward, going, torch.rand(7, 4) * (1 - going))
    decisions = Decisions.of(torch.zeros(8, 4))
    assert decisions.used.all()
    got = decision_advantage(path, value, decisions, GAMMA, DECAY)
    assert torch.allclose(got, state_advantage(path, value, GAMMA, DECAY), atol=1e-5)


def test_the_ratio_is_that_of_the_joint_probability():
    """Log-probabilities of a decision's sub-steps are added, by hand on the decisions of a batch."""
    trainer = small()
    trainer.rollout.collect(trainer.parts.act, trainer.parts.head.acted)
    with torch.no_grad():
        lessons = trainer._lessons()
        for parameter in trainer.parts.network.actor_tower.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    steps, network = trainer.rollout, trainer.parts.network
    change = torch.zeros(len(lessons.first))
    for i, (first, length) in enumerate(zip(lessons.first.tolist(), lessons.length.tolist(), strict=True)):
        t, row = divmod(first, 8)
        for k in range(t, t + length):
            seen = {name: tensor[k, row][None] for name, tensor in steps.observation.items()}
            logits = network(seen).detach().masked_fill(~steps.mask[k, row], -torch.inf)
            change[i] += float(logits.log_softmax(-1)[0, steps.action[k, row]]) - float(steps.log_prob[k, row])
    assert set(lessons.length.tolist()) == {1, 2}
    expected = (change.exp() - 1 - change).mean()
    assert float(trainer._losses(lessons).kl.detach()) == pytest.approx(float(expected), rel=1e-3)


def test_before_learning_the_ratio_is_one():
    """On the network that acted, nothing has changed and nothing is clipped."""
    trainer = small()
    trainer.rollout.collect(trainer.parts.act, trainer.parts.head.acted)
    with torch.no_grad():
        losses = trainer._losses(trainer._lessons())
    assert float(losses.kl) == pytest.approx(0.0, abs=1e-6)
    assert float(losses.clipped) == 0.0


def test_the_critic_learns_where_decisions_begin():
    """Its targets are returns of whole decisions: with decay 1 and no cut, what the rest of the episode earns."""
    trainer = TwoStagePPO(num_envs=4, rollout=20, gae_lambda=1.0, normalize_reward=False).trainer(
        tiny.Order().environment("halves"), MLP(hidden=(4,)), seed=0, steps=400
    )
    steps = trainer.rollout
    steps.collect(trainer.parts.act, trainer.parts.head.acted)
    with torch.no_grad():
        lessons = trainer._lessons()
    t, row = (lessons.first // 4).tolist(), (lessons.first % 4).tolist()
    for i in range(len(t)):
        end = next((k for k in range(t[i], 20) if steps.going[k, row[i]] == 0), None)
        if end is not None:
            assert float(lessons.value[i]) == pytest.approx(float(steps.reward[t[i] : end + 1, row[i]].sum()), abs=1e-4)


def test_learns_a_masked_problem():
    """On the toy fleet it comes most of the way from letting machines fail to the optimum."""
    problem = Fleet(machines=1, periods=60)
    environment, instances = problem.environment(), problem.instances("validation", 64)
    agent = TwoStagePPO(num_envs=64, rollout=32, batch=512, gamma=0.9, lr=2e-3)
    trainer = agent.trainer(environment, MLP(hidden=(32, 32)), seed=0, steps=50_000)
    while trainer.steps < 50_000:
        trainer.advance()

    def cost(policy):
        return float(problem.evaluate(instances, rollout(environment, policy, instances).solution).objective.mean())

    best, nothing = cost(problem.baseline("dp")), cost(problem.baseline("run_to_failure"))
    assert cost(trainer.policy()) < best + 0.4 * (nothing - best)


def test_steps_are_counted_as_sub_steps():
    """An update of 6 sub-steps in 8 environments counts 48 environment steps, as it does for other agents."""
    trainer = small_trainer("two_stage_ppo")
    trainer.advance()
    assert trainer.steps == 48


def test_refuses_what_has_no_phases():
    """An environment whose decisions take one step is refused."""
    with pytest.raises(CapabilityError, match="lacks a capability"):
        TwoStagePPO().trainer(tiny.Order().environment("construct"), MLP(), seed=0, steps=10)
