"""The POMO policy: its kernel against the environment and the network, its gradient against autograd."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from gymnasium import spaces

from headway import make_problem
from headway.domains.routing.learned import simd
from headway.domains.routing.learned.linear import Linear
from headway.domains.routing.learned.pomo_episodes import Episodes, play, starts, tables
from headway.domains.routing.learned.pomo_kernel import drawn
from headway.domains.routing.learned.pomo_task import DIM, HEADS, WIDTH, Task
from headway.errors import CapabilityError
from headway.rollouts import rollout
from headway.storage.stored import Description, StoredPolicy

SWITCHES = [
    ("routing/cvrp", {}),
    ("routing/vrptw", {}),
    ("routing/ovrp", {}),
    ("routing/vrpb", {}),
    ("routing/vrpl", {}),
    ("routing/vrp", {"time_windows": True, "open": True, "backhauls": 0.3, "distance_limit": 3.0}),
    ("routing/vrp", {"backhauls": 0.3, "backhaul_last": True, "time_windows": True, "distance_limit": 4.0}),
]


def small(name="routing/cvrp", seed=0, **options):
    """A problem with 8 to 12 customers, and an untrained network none of whose weights is neutral."""
    problem = make_problem(name, **{"customers": 12, "fewest": 8, **options})
    recipe = problem.network("pomo", layers=1, feedforward=32)
    torch.manual_seed(seed)
    network = recipe.build(spaces.Dict(), spaces.Discrete(2))
    with torch.no_grad():
        for weights in (network.glimpse, network.final):
            weights += 0.3 * torch.randn_like(weights)
    return problem, recipe, network


# -- products of vectors --------------------------------------------------------------------------
def test_vector_functions_against_numpy():
    """Products, sums, softmax and exponential of 128 numbers, heads side by side."""
    import numba as nb

    @nb.njit
    def run(a, b, table, rows, weight, shares, slopes, out):
        out[0, 0] = simd.dot(a, 0, b, 0)
        simd.dot_heads(a, 0, table, DIM, out, DIM)
        simd.add(out, 2 * DIM, nb.float32(2.5), a, 0)
        simd.add_heads(out, 3 * DIM, shares, 0, a, 0)
        simd.add_each(out, 4 * DIM, nb.float32(0.5), a, HEADS)
        simd.gather(out[5], weight, table, rows, len(rows), DIM)
        simd.gather_heads(out[6], shares, table, rows, len(rows), 2 * DIM)
        simd.softmax_heads(shares, len(rows))
        simd.softmax_slopes(shares, slopes, len(rows))
        for m in range(DIM):
            out[7, m] = simd.exp(a[m])

    rng = np.random.default_rng(0)
    a, b, table, weight, shares = (
        (9 * rng.standard_normal(shape)).astype(np.float32) for shape in (DIM, DIM, (9, WIDTH), 4, (4, HEADS))
    )
    rows, out, before = np.array([3, 0, 8, 3]), np.zeros((8, DIM), np.float32), shares.copy()
    slopes = rng.standard_normal((4, HEADS)).astype(np.float32)
    scores = torch.tensor(before, requires_grad=True)
    scores.softmax(0).backward(torch.tensor(slopes))
    run(a, b, table, rows, weight, shares, slopes, out)
    by_head = a.reshape(-1, HEADS)
    expected = np.zeros((8, DIM))
    expected[0, 0], expected[1, :HEADS] = a @ b, (by_head * table[0, DIM : 2 * DIM].reshape(-1, HEADS)).sum(0)
    expected[2], expected[3] = 2.5 * a, (by_head * before[0]).ravel()
    expected[4, :HEADS] = a[HEADS : 2 * HEADS] / 2
    expected[5] = weight @ table[rows, DIM : 2 * DIM]
    values = table[rows, 2 * DIM : 3 * DIM].reshape(4, -1, HEADS)
    expected[6], expected[7] = (values * before[:, None]).sum(0).ravel(), np.exp(a.astype(float))
    np.testing.assert_allclose(out, expected, rtol=2e-5, atol=2e-3)
    np.testing.assert_allclose(shares, scores.detach().softmax(0), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(slopes, scores.grad, rtol=1e-4, atol=1e-6)


def test_draws_follow_the_chances():
    """Softmax at a temperature, cut to the likeliest that have the wanted mass; the frequencies are exact in u."""
    logits = np.log(np.array([0.1, 0.4, 0.2, 0.3], np.float32))
    uniform = (np.arange(2000) + 0.5) / 2000

    def shares(temperature, top):
        places = [drawn(logits.copy(), 4, temperature, top, u) for u in uniform]
        return np.bincount(places, minlength=4) / len(places)

    np.testing.assert_allclose(shares(1.0, 1.0), [0.1, 0.4, 0.2, 0.3], atol=1e-3)
    np.testing.assert_allclose(shares(0.5, 1.0), np.array([1, 16, 4, 9]) / 30, atol=1e-3)
    np.testing.assert_allclose(shares(1.0, 0.65), np.array([0, 4, 0, 3]) / 7, atol=1e-3)
    np.testing.assert_allclose(shares(1.0, 0.3), [0, 1, 0, 0])


def test_linear_layers_agree_with_those_of_torch():
    """With gradients and without, with a bias and without."""
    for bias in (True, False):
        layer, inputs = Linear(5, 3, bias=bias), torch.randn(2, 4, 5)
        with torch.no_grad():
            fast = layer(inputs)
        expected = torch.nn.functional.linear(inputs, layer.weight, layer.bias)
        assert torch.allclose(fast, expected, atol=1e-6)
        assert torch.equal(layer(inputs), expected)


# -- episodes ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(("name", "options"), SWITCHES)
def test_kernel_and_network_decide_alike(name, options):
    """Played by the kernel or step by step through the environment: the same feasible routes and lengths."""
    problem, recipe, network = small(name, **options)
    environment, instances = problem.environment(), problem.instances("validation", 12)
    params, first = environment.prepare(instances), np.zeros((12, 1), np.int64)
    played = play(Task.of(params), tables(params, network), first, first.astype(np.uint64))
    done = rollout(environment, StoredPolicy(network, Description.of(environment, recipe, "greedy")), instances)
    for decisions, length, route in zip(done.decisions, done.length, played.route[:, 0], strict=True):
        assert decisions[:length].tolist() == route[route >= 0].tolist()
    verdict = problem.evaluate(instances, done.solution)
    assert verdict.feasible.all()
    np.testing.assert_allclose(verdict.objective, played.length[:, 0])


@pytest.mark.parametrize("options", [{"depots": 2}, {"prizes": 0.5}, {"pairs": True, "fewest": None}])
def test_what_it_cannot_serve_is_refused(options):
    """Several depots, prizes and pairs."""
    problem, _, network = small("routing/vrp", **options)
    environment = problem.environment()
    with pytest.raises(CapabilityError, match="cannot serve"):
        environment.episodes(environment.prepare(problem.instances("train", 2)), network)


def test_a_small_fleet_is_kept_to():
    """Never more vehicles than there are; an episode that needs more has no length and counts as long."""
    problem, _, network = small("routing/vrp", fleet=3, fewest=12)
    environment = problem.environment()
    params = environment.prepare(problem.instances("train", 40))
    episodes = environment.episodes(params, network)
    returns, _, _ = episodes.play(np.random.default_rng(0).integers(2**63, size=(40, 8), dtype=np.uint64), 0.0)
    route, lost = episodes._played.route, np.isinf(episodes._played.length)
    homes = (route == 0).sum(2)
    assert (homes[~lost] <= params.fleet[:, :1].repeat(8, 1)[~lost]).all()
    assert np.isfinite(returns).all()
    assert not lost.any() or returns[lost].max() < returns[~lost].min()


def test_starts_are_all_different_and_one_is_free():
    """As long as there are enough customers; each within its own instance."""
    keys = np.random.default_rng(1).integers(2**63, size=(2, 7), dtype=np.uint64)
    first = starts(np.array([9, 4]), keys)
    assert first[:, -1].tolist() == [0, 0]
    assert len(set(first[0, :-1])) == 6
    assert set(first[0, :-1]) <= set(range(1, 10))
    assert set(first[1, :-1]) == {1, 2, 3, 4}


# -- the gradient -------------------------------------------------------------------------------------
def replayed(environment, instances, network, episodes, weight, pull):
    """Mean over episodes of weight x log probability + pull x entropy, by the network through the environment."""
    batch, rollouts, _ = episodes._played.route.shape
    params = environment.prepare(instances[np.repeat(np.arange(batch), rollouts)])
    state, route = environment.reset(params), episodes._played.route.reshape(batch * rollouts, -1).astype(np.int64)
    memory, total = network.empty(len(route)), 0.0
    weight = torch.from_numpy(weight).reshape(-1)
    for step in range(route.shape[1]):
        under_way = route[:, step] >= 0
        if not under_way.any():
            return total / len(route)
        observation = {k: torch.as_tensor(v) for k, v in environment.observe(params, state).items()}
        hidden, memory = network.recall(observation, memory)
        chances = network.actor(hidden).double().log_softmax(-1)
        action = np.where(under_way, route[:, step], 0)
        chosen = under_way & ((step > 0) | (episodes._first.reshape(-1) == 0))
        gained = weight * chances[np.arange(len(route)), action] - pull * (chances.exp() * chances).sum(-1)
        total = total + gained[chosen].sum()
        state = environment.step(params, state, action).state
    return total / len(route)


@pytest.mark.parametrize(("name", "options"), [SWITCHES[0], SWITCHES[5]])
def test_gradient_against_autograd(name, options):
    """Every parameter's derivative, with episodes of weight 0 and with an entropy; 1e-3 is float32's part."""
    problem, _, network = small(name, **options)
    environment, instances = problem.environment(), problem.instances("train", 3)
    episodes, rng = Episodes(environment.prepare(instances), network), np.random.default_rng(0)
    episodes.play(rng.integers(2**63, size=(3, 5), dtype=np.uint64), 0.0)
    weight = rng.standard_normal((3, 5)) * (rng.random((3, 5)) < 0.8)
    slopes, entropy = episodes.gradient(weight, 0.1)
    torch.autograd.backward(episodes.tables, [torch.from_numpy(part) for part in slopes])
    got = {key: parameter.grad.clone() for key, parameter in network.named_parameters()}
    network.zero_grad()
    replayed(environment, instances, network, episodes, weight, 0.1).backward()
    for key, parameter in network.named_parameters():
        assert (got[key] - parameter.grad).norm() <= 1e-3 * parameter.grad.norm() + 1e-6, key
    assert 0 < entropy < np.log(13)


def test_episodes_without_weight_cost_nothing():
    """Their derivatives are exactly 0."""
    problem, _, network = small()
    environment = problem.environment()
    episodes = environment.episodes(environment.prepare(problem.instances("train", 2)), network)
    episodes.play(np.ones((2, 4), np.uint64), 0.0)
    slopes, _ = episodes.gradient(np.array([[0.0] * 4, [0.0, 1.0, 0.0, 0.0]]), 0.0)
    assert not slopes[0][0].any()
    assert slopes[0][1].any()
