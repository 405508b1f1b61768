"""The environment: mask and reward by hand, return = -objective, equal faces, inert padding."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from headway import tree
from headway.domains.routing.family.configurations import CVRP
from headway.domains.routing.family.instance import RoutingInstance
from headway.policy import Policy
from headway.rollouts import rollout
from headway.seeds import stream


class Uniform(Policy):
    """Any allowed node; the same choice in a row however the row is batched."""

    def __init__(self, seed=0):
        self.seed = seed

    def start(self, n, seed=0):
        return np.zeros(n, np.int64)

    def act(self, observation, mask, memory=None):
        # A number per (step, node), whatever the batch: padding must not shift the choice.
        rank = [np.random.default_rng((self.seed, int(step))).random(200)[: mask.shape[1]] for step in memory]
        return np.where(mask, rank, -1.0).argmax(1), memory + 1


def test_mask_and_reward_by_hand(problem, tiny):
    """Capacity 5: after customer 1 (demand 2), customer 3 (demand 4) no longer fits."""
    env = problem.environment()
    params = env.prepare(tiny)
    state = env.reset(params)
    assert env.mask(params, state).tolist() == [[False, True, True, True, True]]
    state, reward, terminated, truncated = env.step(params, state, np.array([1]))
    assert reward.tolist() == [-5.0]
    assert env.mask(params, state).tolist() == [[True, False, True, False, True]]
    state, *_ = env.step(params, state, np.array([2]))
    assert env.mask(params, state).tolist() == [[True, False, False, False, False]]  # full: home only
    state, *_ = env.step(params, state, np.array([0]))
    assert env.mask(params, state).tolist() == [[False, False, False, True, True]]  # not home twice
    for node in (3, 4, 0):
        assert not terminated
        state, reward, terminated, truncated = env.step(params, state, np.array([node]))
    assert terminated.tolist() == [True]
    assert truncated.tolist() == [False]
    assert env.mask(params, state).tolist() == [[True, False, False, False, False]]  # over, yet not empty


def test_observation_by_hand(problem, tiny):
    """The longest distance is that of customers 2 and 4, sqrt(6^2 + 10^2); the box is 10 x 10."""
    env = problem.environment()
    params = env.prepare(tiny)
    state, *_ = env.step(params, env.reset(params), np.array([4]))
    seen = env.observe(params, state)
    longest = 136**0.5
    assert seen["distance"][0] == pytest.approx([2 / longest, 45**0.5 / longest, 1.0, 41**0.5 / longest, 0.0])
    customer = [3 / 200**0.5, 4 / 200**0.5, 5 / longest, 0.6, 0.8, 0.4, *[0, 0, 1, 0, 0, 0, 0, 0], 0, 0, 0, 0]
    assert seen["nodes"][0, 1] == pytest.approx(customer)
    depot = [*[0, 0, 0, 0, 0, 0], *[0, 0, 1, 0, 0, 1, 0, 0], 0, 0, 0, 0]
    assert seen["nodes"][0, 0] == pytest.approx(depot)
    assert seen["vehicle"][0] == pytest.approx([0, 0.2, 0, 0, 0])
    assert seen["free"][0] == pytest.approx([0.8])
    assert seen["here"][0].tolist() == [0, 0, 0, 0, 1]
    assert seen["waiting"][0].tolist() == [0, 1, 1, 1, 0]


def test_features_ignore_place_and_unit(problem, tiny, make_tiny):
    """The same task moved, and in another unit, looks the same."""
    env = problem.environment()
    moved = make_tiny(coords=tiny.coords * 1000 + 77.0, demand=tiny.demand * 9, capacity=tiny.capacity * 9)
    here, there = (env.prepare(instance) for instance in (tiny, moved))
    assert there.nodes == pytest.approx(here.nodes, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), convention=st.sampled_from(["float", "nint", "trunc1"]))
def test_return_is_minus_the_objective(seed, convention):
    """Random allowed decisions end feasibly, at the cost the scorer finds."""
    problem = CVRP(customers=15, fewest=3, convention=convention)
    instance = problem.generate(stream("test", seed), 8, "test")
    if convention != "float":
        instance = RoutingInstance(**{**instance.arrays(), "coords": instance.coords * 100})
    done = rollout(problem.environment(), Uniform(seed), instance)
    evaluation = problem.evaluate(instance, done.solution)
    assert evaluation.feasible.all()
    np.testing.assert_allclose(done.returns, -evaluation.objective, rtol=1e-9)
    assert (done.length <= 2 * instance.customers).all()


def test_padding_is_inert():
    """A row means the same alone and padded into a batch of larger ones."""
    problem = CVRP(customers=30, fewest=4)
    instance = problem.instances("test", 12)
    together = rollout(problem.environment(), Uniform(), instance)
    for row in range(12):
        single = rollout(problem.environment(), Uniform(), instance.trimmed(row))
        assert single.solution.routes() == together.solution.routes(row)
        assert single.returns[0] == pytest.approx(together.returns[row], rel=1e-12)


def test_values_in_the_padding_do_not_matter():
    """Whatever stands beyond the customers changes no observation, mask or reward."""
    problem = CVRP(customers=9, fewest=3)
    instance = problem.instances("test", 6)
    padding = ~instance.real
    dirty = RoutingInstance(
        **{
            **instance.arrays(),
            "coords": np.where(padding[:, :, None], 1e9, instance.coords),
            "demand": np.where(padding, -7, instance.demand),
        }
    )
    env = problem.environment()
    clean, soiled = env.prepare(instance), env.prepare(dirty)
    for name, value in clean._asdict().items():
        np.testing.assert_array_equal(value, getattr(soiled, name), err_msg=name)


def test_numpy_and_torch_faces_agree():
    """The same decisions give equal observations, masks, rewards and ends."""
    problem = CVRP(customers=10, fewest=5)
    instance = problem.instances("test", 5)
    faces = [problem.environment(backend=backend) for backend in ("numpy", "torch")]
    params = [face.prepare(instance) for face in faces]
    states = [face.reset(p) for face, p in zip(faces, params, strict=True)]
    policy, memory = Uniform(3), np.zeros(5, np.int64)
    for _ in range(2 * 5):
        seen = [face.observe(p, s) for face, p, s in zip(faces, params, states, strict=True)]
        masks = [face.mask(p, s) for face, p, s in zip(faces, params, states, strict=True)]
        same(seen[0], seen[1])
        same(masks[0], masks[1])
        action, memory = policy.act(seen[0], masks[0], memory)
        steps = [
            face.step(p, s, a)
            for face, p, s, a in zip(faces, params, states, (action, torch.from_numpy(action)), strict=True)
        ]
        same(tuple(steps[0]), tuple(steps[1]))
        states = [step.state for step in steps]


def same(here, there):
    """Equal values and dtypes, numpy against torch."""

    def compare(array, tensor):
        assert str(array.dtype) == str(tensor.dtype).removeprefix("torch.")
        np.testing.assert_array_equal(array, tensor.numpy())
        return array

    tree.map_arrays(compare, here, there)


def test_steps_leave_their_arguments_alone(problem, tiny):
    """A state can be kept and continued again."""
    env = problem.environment()
    params = env.prepare(tiny)
    state = env.reset(params)
    kept = tree.map_arrays(np.copy, (params, state))
    env.step(params, state, np.array([2]))
    env.mask(params, state)
    tree.map_arrays(np.testing.assert_array_equal, kept, (params, state))


def test_an_agent_that_ignores_the_mask_is_cut_off(problem, tiny):
    """Staying home for ever is truncated after two steps per customer, and is no feasible answer."""
    env = problem.environment()
    params = env.prepare(tiny)
    state = env.reset(params)
    for step in range(8):
        state, _, terminated, truncated = env.step(params, state, np.array([0]))
        assert truncated[0] == (step == 7)
        assert not terminated[0]
    nowhere = env.solution(tiny, np.zeros((1, 8), np.int64), np.array([8]), state)
    assert problem.evaluate(tiny, nowhere).violations["missed"][0] == 4


def test_symmetries_keep_every_distance(problem):
    """Eight different pictures of one task with bit-equal distances."""
    instance = problem.instances("test", 3)
    turned = problem.environment().symmetries(instance)
    assert len({other.digest() for other in turned}) == 8
    for other in turned:
        np.testing.assert_array_equal(other.distances(), instance.distances())


def test_starts_are_customers_of_every_row():
    """As many as the smallest task has, all different."""
    problem = CVRP(customers=9, fewest=4)
    instance = problem.instances("test", 20)
    env = problem.environment()
    starts = env.starts(env.prepare(instance))
    assert starts.tolist() == [list(range(1, int(instance.customers.min()) + 1))] * 20
