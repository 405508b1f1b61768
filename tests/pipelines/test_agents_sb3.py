"""SB3's algorithms on the native batch: exported policies act as SB3's, and agents refuse what they cannot do."""

from __future__ import annotations

import numpy as np
import pytest
import tiny
import torch
from small_agents import SMALL, small_trainer

from headway.components import build
from headway.errors import CapabilityError, NumericalError
from headway.nn.lstm import LSTM
from headway.nn.mlp import MLP
from headway.pipelines.agents import ppo, replay, sb3
from headway.pipelines.agents.pathwise import Pathwise
from headway.registry import agent_class
from headway.rollouts import rollout
from headway.storage.stored import load_policy, save_policy

OURS = ("ppo", "maskable_ppo", "pathwise", "pdppo", "two_stage_ppo", "imitation")
BY_SB3 = [name for name in SMALL if name not in OURS]
FEED_FORWARD = [name for name in BY_SB3 if name != "recurrent_ppo"]


def trained(name, updates=4):
    """A trainer whose network has left its initial weights, so that actions differ between observations."""
    trainer = small_trainer(name)
    for _ in range(updates):
        trainer.advance()
    with torch.no_grad():
        for parameter in trainer.model.policy.parameters():
            parameter += 0.3 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1))
    return trainer


def observations(trainer, n=64):
    """Random observations of the trainer's space as a batch, with a mask where there is one."""
    space = trainer.model.observation_space
    space.seed(0)
    rows = [space.sample() for _ in range(n)]
    batch = {key: np.stack([row[key] for row in rows]) for key in space.spaces}
    mask = None
    if "done" in batch:
        batch["done"][:, 0] = 0  # a mask is never empty
        mask = batch["done"] == 0
    return batch, mask


def sb3_actions(trainer, batch, mask):
    """The algorithm's own deterministic actions, in the environment's units."""
    model = trainer.model
    actions, _ = model.predict(batch, deterministic=True, **({} if mask is None else {"action_masks": mask}))
    bounds = trainer.env.unwrapped._bounds
    return actions if bounds is None else bounds.unscale(torch.from_numpy(actions)).numpy()


@pytest.mark.parametrize("name", FEED_FORWARD)
def test_exported_actions_equal_sb3s(name, tmp_path):
    """After a round trip through the disk the policy acts as SB3's predict does, on every observation."""
    trainer = trained(name)
    policy = load_policy(save_policy(trainer.policy(), tmp_path / "policy"))
    batch, mask = observations(trainer)
    ours, _ = policy.act(batch, mask)
    theirs = sb3_actions(trainer, batch, mask)
    assert ours.shape == theirs.shape
    assert len(np.unique(ours)) > 1
    if theirs.dtype.kind == "i":
        assert np.array_equal(ours, theirs)
    else:  # SB3 scales actions to [-1, 1] and back, which costs the last bits
        assert np.allclose(ours, theirs, atol=1e-6)


def test_exported_recurrent_actions_equal_sb3s(tmp_path):
    """The exported LSTM, fed step by step with its memory, acts as SB3's over whole episodes."""
    trainer = trained("recurrent_ppo")
    policy = load_policy(save_policy(trainer.policy(), tmp_path / "policy"))
    memory, state, n = policy.start(16), None, 16
    for step in range(6):
        batch, _ = observations(trainer, n)
        batch["state"] = np.roll(batch["state"], step, axis=0)
        ours, memory = policy.act(batch, None, memory)
        theirs, state = trainer.model.predict(batch, state, np.full(n, step == 0), deterministic=True)
        assert np.array_equal(ours, theirs)
        assert np.allclose(memory["network"]["actor"], state[0][0], atol=1e-6)


@pytest.mark.parametrize(("name", "steps"), [("sb3_ppo", 6000), ("a2c", 6000), ("dqn", 4000)])
def test_agents_learn(name, steps):
    """A short training run more than halves the cost of the untrained policy."""
    options = {
        "sb3_ppo": {"num_envs": 32, "rollout": 12, "batch": 192},
        "a2c": {"num_envs": 32},
        "dqn": {"warmup": 200},
    }
    env = {"sb3_ppo": "box", "a2c": "bins", "dqn": "bins"}[name]
    problem = tiny.Track()
    environment, instances = problem.environment(env), problem.instances("validation", 32)
    agent = {"sb3_ppo": sb3.SB3PPO, "a2c": sb3.A2C, "dqn": replay.DQN}[name](**options[name])
    trainer = agent.trainer(environment, MLP(hidden=(32,)), seed=0, steps=steps)

    def cost():
        solution = rollout(environment, trainer.policy(), instances).solution
        return problem.evaluate(instances, solution).objective.mean()

    before = cost()
    while trainer.steps < steps:
        trainer.advance()
    assert cost() < before / 2


@pytest.mark.parametrize("name", ["sb3_ppo", "a2c", "sb3_ppo with a mask", "recurrent_ppo"])
@pytest.mark.parametrize("steps", [100, 384])
def test_learning_rate_falls_but_not_to_zero(name, steps):
    """The linear schedule ends above 0 also where the last update goes beyond the steps asked for."""
    trainer = small_trainer(name, steps=steps)
    rates = []
    while trainer.steps < steps:
        rates.append(trainer.advance()["train/learning_rate"])
    n = len(rates)
    initial = trainer.model.learning_rate(1.0)
    assert rates == pytest.approx([initial * (n - i) / (n + 1) for i in range(n)])


@pytest.mark.parametrize("name", ["sac", "td3", "dqn"])
def test_off_policy_rate_is_never_negative(name):
    """A linear schedule of a replay-buffer method stops at 0."""
    small = SMALL[name]
    agent = build(agent_class(name.split()[0]), {**small.options, "lr_schedule": "linear"}, where="agent")
    problem = tiny.Track()
    trainer = agent.trainer(problem.environment(small.env), MLP(hidden=(4,)), seed=0, steps=100)
    rates = [trainer.advance().get("train/learning_rate", 1.0) for _ in range(5)]
    assert trainer.steps > 100
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == 0


def test_masked_actions_are_never_taken():
    """Training on a masked environment steps it with allowed actions only: every episode is a permutation."""
    trainer = small_trainer("sb3_ppo with a mask")
    seen = []
    env = trainer.env.unwrapped.env
    step = env.step
    env.step = lambda actions: seen.append(env.action_masks()[np.arange(len(actions)), actions].all()) or step(actions)
    for _ in range(3):
        trainer.advance()
    assert len(seen) == 18
    assert all(seen)


@pytest.mark.parametrize(
    ("agent", "problem", "env", "network", "what"),
    [
        (sb3.A2C(), tiny.Order(), None, MLP(), "action mask"),
        (ppo.MaskablePPO(), tiny.Track(), "bins", MLP(), "no action mask"),
        (replay.SAC(), tiny.Track(), "bins", MLP(), "cannot handle these actions"),
        (replay.DQN(), tiny.Track(), "box", MLP(), "cannot handle these actions"),
        (ppo.PPO(), tiny.Track(), "box", LSTM(), "cannot train this network"),
        (sb3.RecurrentPPO(), tiny.Track(), "box", MLP(), "cannot train this network"),
        (Pathwise(), tiny.Track(), "bins", MLP(), "cannot handle these actions"),
    ],
)
def test_refusals(agent, problem, env, network, what):
    """What an agent cannot do is an error before anything is trained."""
    with pytest.raises(CapabilityError, match=what):
        agent.trainer(problem.environment(env), network, seed=0, steps=10)


@pytest.mark.parametrize("name", BY_SB3)
def test_nan_is_stopped_within_one_update(name):
    """A NaN that creeps into a weight ends training at the next update, and the message names a tensor."""
    trainer = small_trainer(name)
    for _ in range(3):
        trainer.advance()
    with torch.no_grad():
        next(iter(trainer.model.policy.parameters())).fill_(float("nan"))
    with pytest.raises(NumericalError, match=r"tiny/.*step \d+") as caught:
        trainer.advance()
    assert "not finite" in caught.value.what


def test_reward_scale_does_not_change_learning():
    """With normalised rewards, the same problem in another unit gives the same policy."""

    @tiny.component
    class Cents(tiny.TrackEnvironment):
        def step(self, params, state, decision):
            moved = super().step(params, state, decision)
            return moved._replace(reward=moved.reward * 128)

    outputs = []
    for environment in (tiny.Track().environment("box"), Cents(problem=tiny.Track())):
        environments = {"box": "tiny:TrackEnvironment", "cents": f"{Cents.__module__}:{Cents.__qualname__}"}
        object.__setattr__(environment.problem, "environments", environments)
        trainer = sb3.SB3PPO(num_envs=16, rollout=12, batch=96).trainer(
            environment, MLP(hidden=(8,)), seed=0, steps=2000
        )
        for _ in range(8):
            trainer.advance()
        outputs.append(trainer.policy().act(observations(trainer)[0], None)[0])
    assert np.allclose(*outputs, atol=1e-3)
