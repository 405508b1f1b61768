"""PPO of our own: the same updates as SB3's, gradients by hand as by autograd, masks, learning, schedules."""

from __future__ import annotations

import numpy as np
import pytest
import tiny
import torch
from small_agents import small_trainer
from torch import nn

from headway.nn.dense import Tower
from headway.nn.flat import clip, flatten
from headway.nn.layers import tower
from headway.nn.mlp import MLP
from headway.pipelines.agents.ppo import PPO
from headway.pipelines.agents.ppo_heads import Discrete
from headway.pipelines.agents.sb3 import SB3PPO
from headway.rollouts import rollout


@pytest.mark.parametrize("activation", ["tanh", "relu", "silu"])
@pytest.mark.parametrize("shape", [(7, 5), (2, 3, 5), (1, 5)])
def test_towers_equal_torchs(activation, shape):
    """Outputs, gradients of weights and of the input are those of torch's own layers, whatever the leading axes."""
    torch.manual_seed(0)
    ours = tower([5, 8, 6, 3], activation, gain=1.0)
    theirs = nn.Sequential(*ours)
    found = []
    for layers in (ours, theirs):
        layers.zero_grad()
        seen = torch.linspace(-2, 2, int(np.prod(shape))).reshape(shape).requires_grad_()
        output = layers(seen)
        (output**2).sum().backward()
        found.append([output.detach(), seen.grad, *(p.grad.clone() for p in layers.parameters())])
    assert isinstance(ours, Tower)
    for a, b in zip(*found, strict=True):
        assert a.shape == b.shape
        assert torch.allclose(a, b, rtol=1e-5, atol=1e-5)


def test_passes_do_not_share_memory():
    """Two forward passes before one backward pass keep their own numbers; without gradients too."""
    layers = tower([3, 4, 2], "tanh", gain=1.0)
    one, two = torch.randn(6, 3), torch.randn(6, 3)
    first, second = layers(one), layers(two)
    with torch.no_grad():
        layers(one)
    (first.sum() + 2 * second.sum()).backward()
    together = layers[0].weight.grad.clone()
    layers.zero_grad()
    layers(one).sum().backward()
    (2 * layers(two).sum()).backward()
    assert torch.allclose(together, layers[0].weight.grad, atol=1e-5)


def test_other_types_take_torchs_path():
    """In float64 a tower is computed in float64."""
    layers = tower([3, 4, 2], "tanh", gain=1.0).double()
    assert layers(torch.zeros(2, 3, dtype=torch.float64)).dtype == torch.float64


@pytest.mark.parametrize("masked", [False, True])
def test_judgement_equals_autograds(masked):
    """Log-probabilities, entropies and their gradients are those of a masked softmax written out."""
    torch.manual_seed(0)
    action = torch.randint(0, 4, (9,))
    mask = torch.rand(9, 4) > 0.4 if masked else None
    if mask is not None:
        mask[torch.arange(9), action] = True
    given = torch.randn(9, 4)
    one, two = given.clone().requires_grad_(), given.clone().requires_grad_()
    log_prob, entropy = Discrete().judge(one, mask, action)
    log = (two if mask is None else two.masked_fill(~mask, -1e8)).log_softmax(-1)
    expected, spread = log.gather(-1, action[:, None])[:, 0], -(log.exp() * log).sum(-1)
    assert torch.allclose(log_prob, expected, atol=1e-6)
    assert torch.allclose(entropy, spread, atol=1e-6)
    weights = torch.randn(9)
    (weights @ log_prob + (weights**2) @ entropy).backward()
    (weights @ expected + (weights**2) @ spread).backward()
    assert torch.allclose(one.grad, two.grad, atol=1e-6)


def test_one_vector_is_all_weights():
    """A step of the vector is a step of the layers, also after weights have been loaded; the gradient is clipped."""
    layers, other = (tower([3, 5, 2], "tanh", gain=1.0) for _ in range(2))
    vector = flatten(layers)
    layers.load_state_dict(other.state_dict())
    layers(torch.ones(4, 3)).sum().backward()
    norm = nn.utils.clip_grad_norm_(layers.parameters(), 1e9)
    assert clip(vector.grad, 0.5) == pytest.approx(float(norm), rel=1e-5)
    assert float(vector.grad.norm()) == pytest.approx(0.5, rel=1e-4)
    with torch.no_grad():
        vector -= vector.grad
    for ours, theirs in zip(layers.parameters(), other.parameters(), strict=True):
        assert torch.allclose(ours, theirs - ours.grad)


@pytest.mark.parametrize("env", ["box", "bins"])
def test_an_update_is_sb3s(env):
    """From the same rollout and weights, in one batch, the weights after the first update are SB3's."""
    options = {"num_envs": 8, "rollout": 6, "batch": 48, "epochs": 3, "normalize_reward": False}
    options |= {"lr_schedule": "constant", "gamma": 0.9}
    environment = tiny.Track().environment(env)
    own = PPO(**options).trainer(environment, MLP(hidden=(8,)), seed=0, steps=10_000)
    sb3 = SB3PPO(**options).trainer(environment, MLP(hidden=(8,)), seed=0, steps=10_000)
    sb3.network().load_state_dict(own.parts.network.state_dict())
    model, buffer = sb3.model, sb3.model.rollout_buffer
    model.collect_rollouts(model.env, sb3.callback, buffer, n_rollout_steps=6)
    ours = own.rollout
    for name, array in buffer.observations.items():
        ours.observation[name][:-1] = torch.from_numpy(array).reshape(ours.observation[name][:-1].shape)
        ours.observation[name][-1] = torch.as_tensor(model._last_obs[name])
    actions = torch.from_numpy(buffer.actions.copy())
    ours.action = actions.long()[..., 0] if env == "bins" else actions
    ours.log_prob[:] = torch.from_numpy(buffer.log_probs)
    ours.reward[:] = torch.from_numpy(buffer.rewards)
    starts = np.vstack([buffer.episode_starts[1:], model._last_episode_starts])
    ours.going[:] = torch.from_numpy(1.0 - starts)
    with torch.no_grad():
        lessons = own._lessons()
    assert np.allclose(lessons.advantage.reshape(6, 8), buffer.advantages, atol=1e-5)
    own._learn(lessons)
    model.train()
    for name, weight in own.parts.network.state_dict().items():
        assert torch.allclose(weight, sb3.network().state_dict()[name], atol=2e-5), name


def test_masked_actions_are_never_taken():
    """Every action of a batch is one that the mask of its state allows."""
    trainer = small_trainer("maskable_ppo")
    steps = trainer.rollout
    steps.collect(trainer.parts.act, trainer.parts.head.acted)
    assert steps.mask.gather(-1, steps.action[..., None]).all()
    assert not steps.mask.all()


@pytest.mark.parametrize("name", ["ppo", "maskable_ppo"])
def test_learning_rate_falls_but_not_to_zero(name):
    """The linear schedule ends above 0: the last update learns too."""
    trainer, rates = small_trainer(name, steps=384), []
    while trainer.steps < 384:
        rates.append(trainer.advance()["train/learning_rate"])
    assert rates == pytest.approx([1e-3 * (8 - i) / 8 for i in range(8)])


def test_learns():
    """A short training run more than halves the cost of the untrained policy."""
    problem = tiny.Track()
    environment, instances = problem.environment("box"), problem.instances("validation", 32)
    trainer = PPO(num_envs=32, rollout=12, batch=192).trainer(environment, MLP(hidden=(32,)), seed=0, steps=6000)

    def cost():
        return problem.evaluate(instances, rollout(environment, trainer.policy(), instances).solution).objective.mean()

    before = cost()
    while trainer.steps < 6000:
        trainer.advance()
    assert cost() < before / 2
