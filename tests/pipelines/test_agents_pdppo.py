"""PPO with a critic on each side of the decision: its arithmetic, what each critic learns, and that it learns."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import tiny
import torch
from gymnasium import spaces
from headway_maintenance.problem import Fleet
from small_agents import same, small_trainer

from headway.errors import CapabilityError, NumericalError
from headway.nn.mlp import MLP
from headway.pipelines.agents.pdppo import PDPPO
from headway.pipelines.agents.ppo_advantage import Path, post_advantage, state_advantage
from headway.pipelines.agents.ppo_heads import Discrete, Gaussian
from headway.pipelines.agents.reward_scale import RewardScale
from headway.problem import Criterion
from headway.rollouts import rollout
from headway.storage.checkpoint import load_state, save_state
from headway.storage.stored import load_policy, save_policy

GAMMA, DECAY = 0.9, 0.8


def path():
    """Four steps of two rows: the first goes on, the second ends after the second step, cut at a value of 5."""
    going = torch.tensor([[1.0, 1.0], [1.0, 0.0], [1.0, 1.0], [1.0, 1.0]])
    after = torch.zeros(4, 2)
    after[1, 1] = 5.0
    return Path(torch.arange(8.0).reshape(4, 2), going, after)


def test_state_advantage_by_hand():
    """Generalised advantages equal the sum of discounted one-step errors up to the episode's end."""
    steps, value = path(), torch.linspace(-1, 2, 10).reshape(5, 2)
    got = state_advantage(steps, value, GAMMA, DECAY)
    for row, ends in ((0, [3]), (1, [1, 3])):
        for t in range(4):
            end = next(e for e in ends if e >= t)
            expected = 0.0
            for k in range(t, end + 1):
                cut = row == 1 and k == 1
                following = 5.0 if cut else float(value[k + 1, row])
                error = float(steps.reward[k, row]) + GAMMA * following - float(value[k, row])
                expected += (GAMMA * DECAY) ** (k - t) * error
            assert float(got[t, row]) == pytest.approx(expected, abs=1e-5)


def test_post_advantage_by_hand():
    """With decay 0 it is the error of one step between post-decision states; at the ends other values stand in."""
    steps, value, last = path(), torch.linspace(1, 3, 8).reshape(4, 2), torch.tensor([7.0, 8.0])
    got = post_advantage(steps, value, last, GAMMA, 0.0)
    following = torch.tensor([[value[1, 0], value[1, 1]], [value[2, 0], 5.0], [value[3, 0], value[3, 1]], [7.0, 8.0]])
    assert torch.allclose(got, steps.reward + GAMMA * following - value)


def test_advantages_of_exact_values_vanish():
    """Where each step earns 1 for ever, both critics' true value 1 / (1 - gamma) leaves nothing to gain."""
    steps = Path(torch.ones(6, 3), torch.ones(6, 3), torch.zeros(6, 3))
    value = torch.full((7, 3), 1 / (1 - GAMMA))
    assert state_advantage(steps, value, GAMMA, DECAY).abs().max() < 1e-4
    assert post_advantage(steps, value[:-1], value[-1], GAMMA, DECAY).abs().max() < 1e-4


def test_rewards_are_scaled_by_the_deviation_of_returns():
    """Rewards in another unit look the same; around zero only where asked; statistics survive a copy."""
    reward = torch.rand(50, 16) + 3
    going = torch.ones(50, 16)
    plain, thousands = (RewardScale(16, GAMMA, centred=False)(reward * unit, going) for unit in (1, 1000))
    assert torch.allclose(plain, thousands, rtol=1e-4)
    assert float(plain.min()) > 0
    scale = RewardScale(16, GAMMA, centred=True)
    centred = scale(reward, going)
    assert abs(float(centred.mean())) < 1e-5
    returns = [sum(GAMMA**k * centred[t - k] for k in range(t + 1)) for t in range(50)]
    assert float(torch.stack(returns).std()) == pytest.approx(1.0, rel=1e-2)
    copy = RewardScale(16, GAMMA, centred=True)
    copy.set_state(scale.get_state())
    assert torch.equal(copy(reward, going), scale(reward, going))


def test_discrete_head_against_torch():
    """Probabilities and entropies are torch's own; draws have these frequencies and keep to the mask."""
    torch.manual_seed(0)
    output, mask = (
        torch.randn(3, 5),
        torch.tensor([[1, 1, 1, 1, 1], [0, 1, 1, 0, 1], [0, 0, 0, 1, 0]], dtype=torch.bool),
    )
    expected = torch.distributions.Categorical(logits=output.masked_fill(~mask, -1e9))
    action = torch.tensor([4, 2, 3])
    log_prob, entropy = Discrete().judge(output, mask, action)
    assert torch.allclose(log_prob, expected.log_prob(action), atol=1e-6)
    assert torch.allclose(entropy, expected.entropy(), atol=1e-6)
    drawn, log_drawn = Discrete().sample(output.repeat(20_000, 1), mask.repeat(20_000, 1))
    counts = torch.stack([(drawn[row::3, None] == torch.arange(5)).double().mean(0) for row in range(3)])
    assert torch.allclose(counts, expected.probs.double(), atol=0.015)
    assert torch.allclose(log_drawn[:3], expected.log_prob(drawn[:3]), atol=1e-6)


def test_gradients_pass_masked_actions():
    """The entropy's gradient is finite where actions have probability 0."""
    output = torch.zeros(1, 3, requires_grad=True)
    log_prob, entropy = Discrete().judge(output, torch.tensor([[True, False, True]]), torch.tensor([2]))
    (log_prob + entropy).sum().backward()
    assert output.grad.tolist()[0] == pytest.approx([-0.5, 0.0, 0.5])


def test_gaussian_head_against_torch():
    """Probabilities and entropies are torch's own; actions are clipped into the box when they are taken."""
    head = Gaussian(spaces.Box(np.array([0.0, -1.0], np.float32), np.array([4.0, 1.0], np.float32)), log_std=-0.5)
    output, action = torch.randn(6, 2), torch.randn(6, 2)
    expected = torch.distributions.Normal(output, np.exp(-0.5))
    log_prob, entropy = head.judge(output, None, action)
    assert torch.allclose(log_prob, expected.log_prob(action).sum(-1), atol=1e-5)
    assert torch.allclose(entropy, expected.entropy().sum(-1), atol=1e-5)
    assert head.acted(torch.tensor([[0.5, -0.25], [9.0, -9.0]])).tolist() == [[3.0, -0.25], [4.0, -1.0]]


@pytest.mark.parametrize("critics", ["both", "state", "post"])
def test_each_critic_is_trained_or_left_alone(critics):
    """The ablations train the critics that they name, and no other."""
    agent = PDPPO(critics=critics, num_envs=8, rollout=6, batch=24)
    trainer = agent.trainer(tiny.Track().environment("bins"), MLP(hidden=(4,)), seed=0, steps=400)
    before = {name: tensor.clone() for name, tensor in trainer.parts.state_dict().items()}
    trainer.advance()
    changed = {name for name, tensor in trainer.parts.state_dict().items() if not torch.equal(tensor, before[name])}
    assert any(name.startswith("network.actor") for name in changed)
    assert any(name.startswith("network.critic") for name in changed) == (critics != "post")
    assert any(name.startswith("post.critic") for name in changed) == (critics != "state")
    assert not any(name.startswith("post.actor") for name in changed)


def test_follows_the_larger_advantage():
    """With both critics the advantage is the larger of the two that the ablations use, from the same weights."""
    found = {}
    for critics in ("both", "state", "post"):
        agent = PDPPO(critics=critics, num_envs=4, rollout=6, normalize_reward=False)
        trainer = agent.trainer(tiny.Track().environment("bins"), MLP(hidden=(4,)), seed=0, steps=400)
        trainer.rollout.collect(trainer.parts.act, trainer.parts.head.acted)
        found[critics] = trainer._lessons().advantage
    assert torch.allclose(found["both"], torch.maximum(found["state"], found["post"]))
    assert (found["state"] > found["post"]).any()
    assert (found["state"] < found["post"]).any()


def test_sees_states_after_the_decision():
    """The post-decision observations of a batch are the ones of the actions that were taken."""
    trainer = small_trainer("pdppo")
    steps = trainer.rollout
    steps.collect(trainer.parts.act, trainer.parts.head.acted)
    decided = torch.from_numpy(np.linspace(-1, 1, 5, dtype=np.float32))[steps.action]
    assert torch.equal(steps.post["state"][..., 1], decided)
    assert torch.equal(steps.post["state"][..., 0], steps.observation["state"][:-1, :, 0])
    assert torch.equal(steps.observation["state"][1:-1, :, 1], decided[:-1] * steps.going[:-1])


def test_bootstraps_where_an_episode_is_cut():
    """A horizon's end is worth what the state critic thinks of the last state; the task's end is worth nothing."""
    agent = PDPPO(num_envs=4, rollout=30, normalize_reward=False)
    trainer = agent.trainer(Fleet(machines=2, periods=11).environment(), MLP(hidden=(4,)), seed=0, steps=400)
    trainer.rollout.collect(trainer.parts.act, trainer.parts.head.acted)
    ((t, row, final), *_) = trainer.rollout.cuts
    assert float(trainer.rollout.going[t, row[0]]) == 0
    assert set(final) == set(trainer.rollout.observation)
    over = [cut.t for cut in trainer.rollout.cuts]
    assert len(over) == int((trainer.rollout.going == 0).sum(1).gt(0).sum())
    task = PDPPO(num_envs=4, rollout=6).trainer(tiny.Track().environment("bins"), MLP(), seed=0, steps=100)
    task.rollout.collect(task.parts.act, task.parts.head.acted)
    assert (task.rollout.going[-1] == 0).all()
    assert not task.rollout.cuts


def test_masked_actions_are_never_taken():
    """Every action of a batch is one that the mask of its state allows."""
    trainer = PDPPO(num_envs=8, rollout=20).trainer(Fleet().environment(), MLP(hidden=(4,)), seed=0, steps=400)
    steps = trainer.rollout
    steps.collect(trainer.parts.act, trainer.parts.head.acted)
    assert steps.mask.gather(-1, steps.action[..., None]).all()
    assert not steps.mask.all()


@pytest.mark.parametrize("environment", [tiny.Track().environment("box"), Fleet(periods=14).environment()])
def test_box_and_masked_runs_resume_bit_for_bit(environment, tmp_path):
    """A run stored and continued is the one that was never interrupted, also with boxes, masks and cut episodes."""
    agent = PDPPO(num_envs=8, rollout=6, batch=24)
    whole, resumed = (agent.trainer(environment, MLP(hidden=(4,)), seed=seed, steps=400) for seed in (0, 1))
    whole.advance()
    save_state(whole.get_state(), tmp_path / "step")
    expected = [whole.advance() for _ in range(4)]
    resumed.set_state(load_state(tmp_path / "step"))
    assert [resumed.advance() for _ in range(4)] == expected
    same(resumed.get_state(), whole.get_state())


def test_stored_policy_acts_greedily(tmp_path):
    """The policy on disk takes the actor's best allowed action."""
    environment = Fleet(machines=2, periods=14).environment()
    trainer = PDPPO(num_envs=8, rollout=6).trainer(environment, MLP(hidden=(4,)), seed=0, steps=400)
    trainer.advance()
    policy = load_policy(save_policy(trainer.policy(), tmp_path / "policy"))
    env = trainer.env
    logits = trainer.parts.network({name: torch.tensor(array) for name, array in env.observation.items()})
    expected = logits.masked_fill(~torch.tensor(env.mask), -torch.inf).argmax(-1)
    assert policy.act(env.observation, env.mask)[0].tolist() == expected.tolist()


@pytest.mark.parametrize("critics", ["both", "state"])
def test_learns_a_masked_problem(critics):
    """On the toy fleet it comes most of the way from letting machines fail to the optimum."""
    problem = Fleet(machines=1, periods=60)
    environment, instances = problem.environment(), problem.instances("validation", 64)
    agent = PDPPO(critics=critics, num_envs=64, rollout=32, batch=512, gamma=0.9, lr=2e-3)
    trainer = agent.trainer(environment, MLP(hidden=(32, 32)), seed=0, steps=60_000)
    while trainer.steps < 60_000:
        trainer.advance()

    def cost(policy):
        return float(problem.evaluate(instances, rollout(environment, policy, instances).solution).objective.mean())

    best, nothing = cost(problem.baseline("dp")), cost(problem.baseline("run_to_failure"))
    assert cost(trainer.policy()) < best + 0.4 * (nothing - best)


def test_learns_a_box():
    """On the signal it more than halves the untrained policy's cost."""
    problem = tiny.Track()
    environment, instances = problem.environment("box"), problem.instances("validation", 32)
    agent = PDPPO(num_envs=32, rollout=12, batch=192)
    trainer = agent.trainer(environment, MLP(hidden=(32,)), seed=0, steps=6000)

    def cost():
        solution = rollout(environment, trainer.policy(), instances).solution
        return problem.evaluate(instances, solution).objective.mean()

    before = cost()
    while trainer.steps < 6000:
        trainer.advance()
    assert cost() < before / 2


def test_stops_at_the_target_divergence():
    """With a tiny target the policy hardly leaves the one that acted; without one it goes further."""

    def divergence(**options):
        agent = PDPPO(num_envs=8, rollout=6, batch=24, epochs=8, lr=3e-2, **options)
        trainer = agent.trainer(tiny.Track().environment("bins"), MLP(hidden=(4,)), seed=0, steps=10_000)
        return trainer.advance()["train/kl"]

    assert divergence(target_kl=1e-6) < divergence()


def test_only_averages_over_steps_are_centred():
    """Rewards are brought around zero for an average over steps: not for a sum, not where periods have sub-steps."""

    class Average(tiny.Track):
        criterion = Criterion("average")

    found = {}
    for problem, env in ((tiny.Track(), "bins"), (Average(), "bins"), (Fleet(), None)):
        trainer = PDPPO(num_envs=2, rollout=2).trainer(problem.environment(env), MLP(), seed=0, steps=10)
        found[type(problem).__name__] = trainer.reward_scale.centred
    assert found == {"Track": False, "Average": True, "Fleet": False}


def test_refuses_what_has_no_post_decision_state():
    """An environment that does not declare its post-decision state is refused."""
    with pytest.raises(CapabilityError, match="lacks a capability"):
        PDPPO().trainer(tiny.Order().environment(), MLP(), seed=0, steps=10)


def test_nan_is_stopped_within_one_update():
    """A NaN in a weight ends training, and the message names a tensor or metric."""
    trainer = small_trainer("pdppo")
    trainer.advance()
    with torch.no_grad():
        next(trainer.parts.post.critic_tower.parameters()).fill_(float("nan"))
    with pytest.raises(NumericalError, match="not finite"):
        trainer.advance()


def test_unknown_critics_are_refused():
    """The ablation knob takes three words."""
    with pytest.raises(ValueError, match="both"):
        dataclasses.replace(PDPPO(), critics="none")
