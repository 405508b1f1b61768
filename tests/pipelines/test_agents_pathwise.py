"""Pathwise gradients: they are the derivative of the return, and lead to the best policy."""

from __future__ import annotations

import numpy as np
import pytest
import tiny
import torch
from small_agents import small_trainer

from headway.errors import CapabilityError, ContractError, NumericalError
from headway.nn.mlp import MLP
from headway.pipelines.agents.pathwise import Pathwise
from headway.rollouts import rollout

SIGNAL = tiny.Signal(np.linspace(-1, 1, 24).reshape(4, 6))


def test_gradient_is_the_derivative_of_the_return():
    """Backpropagation through an episode agrees with central differences of its return, weight by weight."""
    trainer = Pathwise(batch=4, max_grad_norm=1e9).trainer(
        tiny.Track().environment("box", backend="torch"), MLP(hidden=(3,)), seed=0, steps=100
    )

    def mean_return(weight, change):
        trainer.world.sampler.next = 0
        trainer.world.begin()
        weight.data.flatten()[0] += change
        found = float(trainer._segment().gained.mean())
        weight.data.flatten()[0] -= change
        return found

    trainer.scale = 1.0
    for weight in (trainer.network.actor_tower[0].weight, trainer.network.actor_tower[2].bias):
        trainer.optimizer.zero_grad()
        mean_return(weight, 0.0)
        gradient = float(weight.grad.flatten()[0])
        up, down = (mean_return(weight, change) for change in (1e-2, -1e-2))
        assert -gradient == pytest.approx((up - down) / 2e-2, rel=1e-2, abs=1e-4)


def test_reaches_the_optimum():
    """On a signal to follow with unit weights, training ends within 2 % of the best memoryless linear rule.

    With cost (a - x)^2 + 0.1 (a - last)^2 and no knowledge of the next x (mean 0), dynamic programming
    gives a = (x + 0.1 last) / (1.1 + 0.1 - 0.1 k) with a stationary k; a fine grid finds the same.
    """
    problem = tiny.Track(periods=6)
    environment, instances = problem.environment("box"), problem.instances("validation", 256)
    trainer = Pathwise(batch=32).trainer(problem.environment("box", backend="torch"), MLP(), seed=0, steps=40_000)
    while trainer.steps < 40_000:
        trainer.advance()
    solution = rollout(environment, trainer.policy(), instances).solution
    got = problem.evaluate(instances, solution).objective.mean()
    best = min(_linear(instances.level, a, b) for a in np.linspace(0.7, 1, 31) for b in np.linspace(0, 0.2, 21))
    assert got < best * 1.02


def _linear(level, a, b):
    last, cost = np.zeros(len(level)), np.zeros(len(level))
    for now in level.T:
        action = a * now + b * last
        cost += (action - now) ** 2 + 0.1 * (action - last) ** 2
        last = action
    return cost.mean()


@tiny.component
class Ragged(tiny.TrackEnvironment):
    """Episodes of 2, 4 or 6 periods, by the sign of the first two numbers of their signal."""

    def step(self, params, state, decision):
        moved = super().step(params, state, decision)
        length = 2 + 2 * (params.level[:, :2] > 0).sum(1)
        return moved._replace(terminated=moved.state.time >= length)


@tiny.component
class Memoryless(tiny.TrackEnvironment):
    """A period's cost does not depend on the decision before it, and the next observation not on this one."""

    def step(self, params, state, decision):
        moved = super().step(params, state._replace(last=decision), decision)
        return moved._replace(state=moved.state._replace(last=0 * state.last))


@tiny.component
class Whole(tiny.TrackEnvironment):
    """Decisions are whole numbers; ``relax`` lets go of that, and keeps the bounds."""

    capabilities = frozenset({"differentiable", "relax"})

    def project(self, observation, decision):
        return self.relax(observation, decision).round()

    def relax(self, observation, decision):
        return decision.clip(-1, 1)


def pathwise(environment=tiny.TrackEnvironment, **options):
    """A small trainer on a signal of 6 periods whose updates change nothing."""
    problem, knobs = tiny.Track(), {name: options.pop(name) for name in ("warmup",) if name in options}
    table = {"own": f"{environment.__module__}:{environment.__qualname__}"}
    object.__setattr__(problem, "environments", table)
    agent = Pathwise(batch=8, lr=1e-300, **options)
    return agent.trainer(environment(problem=problem, backend="torch", **knobs), MLP(hidden=(4,)), seed=0, steps=1000)


def gradient(trainer):
    """The summed gradients of all segments of the next episodes, for a return of unit size."""
    trainer.scale = 1.0
    trainer._begin()
    trainer.optimizer.zero_grad()
    while len(trainer.world):
        trainer._segment()
    return trainer.network.actor_tower[0].weight.grad.clone()


def test_a_segment_is_an_update_and_the_world_goes_on():
    """Episodes of 6 periods in segments of 4: updates of 4 and 2 periods, then new episodes; the same returns."""
    whole, cut = pathwise(), pathwise(segment=4)
    expected = [whole.advance()["rollout/return"] for _ in range(2)]
    seen = [(dict(cut.advance()), cut.steps, len(cut.world)) for _ in range(4)]
    assert [steps for _, steps, _ in seen] == [32, 48, 80, 96]
    assert [rows for _, _, rows in seen] == [8, 0, 8, 0]
    assert ["rollout/return" in metrics for metrics, _, _ in seen] == [False, True, False, True]
    assert [metrics["rollout/return"] for metrics, _, _ in seen[1::2]] == pytest.approx(expected, rel=1e-12)
    earned = [metrics["rollout/reward"] * steps for (metrics, _, _), steps in zip(seen, (32, 16, 32, 16), strict=True)]
    assert [(a + b) / 8 for a, b in (earned[:2], earned[2:])] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("segment", [1, 3, 4])
def test_rows_that_end_within_a_segment_leave_it(segment):
    """Episodes of several lengths earn the same, walked whole or in segments that end when some rows are over."""
    whole, cut = pathwise(Ragged), pathwise(Ragged, segment=segment)
    whole.advance()
    ended = []
    cut._begin()
    while len(cut.world):
        ended.append(cut._segment().returns)
    assert cut.steps == whole.steps < 48
    assert sum(len(returns) > 0 for returns in ended) >= 2
    whole.world.sampler.next = 0
    whole.world.begin()
    expected = whole._segment().returns
    assert torch.cat(ended).sort().values.tolist() == pytest.approx(expected.sort().values.tolist(), rel=1e-12)


def test_segments_cut_gradients():
    """Segments lose what a decision does to later ones, and nothing else."""
    assert torch.equal(gradient(pathwise(segment=6)), gradient(pathwise()))
    assert not torch.allclose(gradient(pathwise(segment=1)), gradient(pathwise()))
    whole, cut = (gradient(pathwise(Memoryless, segment=n)) for n in (None, 1))
    assert whole.abs().max() > 1e-3
    assert torch.allclose(cut, whole, atol=1e-7)


@tiny.component
class Late(tiny.TrackEnvironment):
    """Nothing is earned in the first periods, everything else in thousands."""

    warmup: int = 2

    def step(self, params, state, decision):
        moved = super().step(params, state, decision)
        return moved._replace(reward=1000 * moved.reward * (state.time >= self.warmup))


def test_warm_up_is_walked_without_gradients():
    """With 2 periods that earn nothing, segments begin at the third; whole episodes are differentiated whole."""
    cut, whole = pathwise(Late, segment=4), pathwise(Late)
    metrics, expected = cut.advance(), whole.advance()
    assert (cut.steps, len(cut.world)) == (48, 0)
    assert metrics["rollout/return"] == expected["rollout/return"]
    assert metrics["rollout/reward"] * 4 == pytest.approx(expected["rollout/return"])
    four, six, none = (gradient(pathwise(Late, segment=n)) for n in (4, 6, None))
    assert torch.equal(four, six)
    assert not torch.allclose(four, none)
    with pytest.raises(ContractError, match="before anything is earned"):
        pathwise(Late, segment=4, warmup=6).advance()


def test_scale_comes_from_the_first_segment_that_earns():
    """Rewards in another unit have the same gradient; where nothing is earned there is no scale and no gradient."""
    thousands, ones, norms = pathwise(Late, warmup=0), pathwise(), []
    for trainer in (thousands, ones):
        norms.append(trainer.advance()["train/grad_norm"])
    assert norms[0] == pytest.approx(norms[1])
    assert thousands.scale == pytest.approx(1000 * ones.scale)
    nothing = pathwise(Late, warmup=6)
    assert nothing.advance()["train/grad_norm"] == 0
    assert nothing.scale is None


def test_trains_on_fractions_where_decisions_are_whole():
    """With `relax` the gradient is the one of fractional decisions, which `project` would have none of."""
    trainer = pathwise(Whole)
    found = gradient(trainer)
    assert found.abs().max() > 1e-3
    assert torch.equal(found, gradient(pathwise()))  # untrained outputs are far from the bounds
    assert set(np.unique(rollout(Whole(problem=tiny.Track()), trainer.policy(), SIGNAL).decisions)) <= {-1, 0, 1}


def test_needs_a_differentiable_environment():
    """An environment that does not declare its gradients is refused."""

    @tiny.component
    class Rough(tiny.TrackEnvironment):
        capabilities = frozenset()

    with pytest.raises(CapabilityError, match="lacks a capability"):
        Pathwise().trainer(Rough(problem=tiny.Track(), backend="torch"), MLP(), seed=0, steps=10)


def test_nan_is_stopped_within_one_update():
    """A NaN in a weight shows in the return and ends training."""
    trainer = small_trainer("pathwise")
    trainer.advance()
    with torch.no_grad():
        trainer.network.actor_tower[0].weight[0, 0] = float("nan")
    with pytest.raises(NumericalError, match="not finite"):
        trainer.advance()
