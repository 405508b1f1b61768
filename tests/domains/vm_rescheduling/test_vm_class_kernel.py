"""The class policy's kernels against plain definitions: what they play, what it is worth, and its gradient."""

from __future__ import annotations

import numpy as np
import pytest

from headway import make_problem
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.learned.class_context import CONTEXT, context, worth
from headway.domains.vm_rescheduling.learned.class_episodes import play
from headway.domains.vm_rescheduling.learned.class_gradient import score
from headway.domains.vm_rescheduling.learned.class_kernel import uniform
from headway.domains.vm_rescheduling.learned.class_pack import Cluster, pack
from headway.domains.vm_rescheduling.learned.class_space import features
from headway.nn.decoding import uniforms

SETTINGS = {
    "base": {"machines": 8, "limit": 0.1},
    "azure": {"machines": 4, "limit": 0.1, "flavors": "azure"},
    "memory": {"machines": 6, "limit": 0.1, "flavors": "ecs_memory", "fragments": {"cpu16": 0.5, "memory64": 0.5}},
    "wide": {"machines": 6, "limit": 0.1, "fragments": {"cpu16": 0.5, "cpu64x2": 0.5}},
    "groups": {"machines": 8, "limit": 0.1, "affinity": 0.8, "pinned": 0.2},
}


def drawn(name, n=2, stretches=2, rollouts=3):
    """A problem, its instances, their pack and space, random weights, and what is played with them."""
    problem = make_problem("vm_rescheduling/rescheduling", **SETTINGS[name])
    instances = problem.instances("train", n)
    packed, space = pack(problem.terms, Cluster.of(problem.environment().prepare(instances)))
    rng = np.random.default_rng(0)
    shape = (n, stretches, space.classes, len(space.column_cpu))
    weights = tuple(np.exp(rng.normal(size=shape)) for _ in range(2))
    keys = rng.integers(2**63, size=(n, rollouts), dtype=np.uint64)
    return problem, instances, packed, space, weights, play(packed, space, weights, keys)


@pytest.mark.parametrize("name", SETTINGS)
def test_what_is_played_is_what_the_scorer_says(name):
    """Every plan is feasible, and takes off the objective what the kernel says: terms, doubles, groups, pinned VMs."""
    problem, instances, _, _, _, played = drawn(name, rollouts=60)
    nothing = problem.evaluate(instances, Plan.concat([Plan.of([])] * len(instances))).objective
    assert played.gained.max() > 0
    for b in range(len(instances)):
        for r in (0, 1, int(played.gained[b].argmax())):
            plan = Plan.of(played.plan(b, r, instances.vm_nodes[b] == 2))
            verdict = problem.evaluate(instances[b], plan)
            assert verdict.feasible.all(), verdict.violations
            assert nothing[b] - verdict.objective[0] == pytest.approx(played.gained[b, r], abs=1e-9)


@pytest.mark.parametrize("name", SETTINGS)
def test_gradient_is_that_of_the_log_probability(name):
    """Changing an entry of a table by little changes the log probability of what was played as the gradient says."""
    _, _, packed, space, weights, played = drawn(name, n=1, rollouts=1)
    gradient = [np.zeros_like(table) for table in weights]
    score(packed, space.numbers, *weights, played.moves, np.ones((1, 1)), 0.0, *gradient)
    for stage in (0, 1):
        for place in np.argsort(-np.abs(gradient[stage]).reshape(-1))[:3]:
            sides = []
            for change in (1e-5, -1e-5):
                moved = [table.copy() for table in weights]
                moved[stage].reshape(-1)[place] *= np.exp(change)
                sides.append(log_probability(packed, space, moved, played.moves[0, 0]))
            assert gradient[stage].reshape(-1)[place] == pytest.approx((sides[0] - sides[1]) / 2e-5, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("name", ["base", "groups"])
def test_gradient_of_the_entropy(name):
    """The same for the entropy of the choices along one episode."""
    _, _, packed, space, weights, played = drawn(name, n=1, rollouts=1)

    def entropy(tables):
        gradient = [np.zeros_like(table) for table in tables]
        mean = score(packed, space.numbers, *tables, played.moves, np.zeros((1, 1)), 1.0, *gradient)
        return mean * (played.moves[..., 0] >= 0).sum(), gradient

    _, gradient = entropy(weights)
    for stage in (0, 1):
        place = int(np.abs(gradient[stage]).argmax())
        moved = [table.copy() for table in weights]
        moved[stage].reshape(-1)[place] *= np.exp(1e-5)
        rise = (entropy(moved)[0] - entropy(weights)[0]) / 1e-5
        assert gradient[stage].reshape(-1)[place] == pytest.approx(rise, rel=1e-3)


def log_probability(packed, space, weights, moves):  # noqa: C901 - the whole model once more, in plain Python
    """Of the choices of one episode, from what VMs and nodes there are: plain Python."""
    node, kind, limit = packed.node[0].copy(), packed.kind[0], int(packed.limit[0])
    where = {}
    for n in range(len(node)):
        for k in range(len(kind)):
            vm = packed.head[0, n, k]
            while vm >= 0:
                where[int(vm)] = (n, k)
                vm = packed.vm[0, vm, 0]
    taken = packed.taken[0].astype(int)
    group = packed.vm[0, :, 1]

    def fits(n, k):
        both = [n, n + 1] if kind[k, 2] else [n]
        return (n % 2 == 0 or not kind[k, 2]) and all(
            node[i, 2] and node[i, 0] >= kind[k, 0] and node[i, 1] >= kind[k, 1] for i in both
        )

    def code(n):
        here, there = node[n], node[n ^ 1]
        own = [sum(1 for at, k in where.values() if at == n and not kind[k, 2] and kind[k, 0] == size)
               for size in space.counted]  # fmt: skip
        digits = [here[0] % space.cores // space.unit, min(here[0] // space.cores, space.levels - 1)]
        digits += [min(there[0] // space.cores, space.partner - 1), here[1] % space.memory // space.memory_unit]
        digits += [min(mine, cap) for mine, cap in zip(own, space.cap, strict=True)]
        return np.ravel_multi_index(digits, space.digits)

    def entry(table, n, k):
        value = table[code(n), kind[k, 3]]
        return value * table[code(n ^ 1), kind[k, 3]] if kind[k, 2] else value

    total = 0.0
    for t, (source, k, target, vm) in enumerate(moves.tolist()):
        if source < 0:
            break
        leaving, entering = (table[0, t * table.shape[1] // limit] for table in weights)
        pairs = {(n, j) for n, j in where.values() if any(fits(i, j) for i in range(len(node)))}
        total += np.log(entry(leaving, source, k) / sum(entry(leaving, *pair) for pair in sorted(pairs)))
        if target == source:
            continue
        zone = node[:, 3]
        free = [n for n in range(len(node)) if n != source and fits(n, k)
                and not (group[vm] >= 0 and taken[group[vm], zone[n]] > (zone[n] == zone[source]))]  # fmt: skip
        total += np.log(entry(entering, target, k) / sum(entry(entering, n, k) for n in free))
        for n, sign in ((source, 1), (target, -1)):
            for i in [n, n + 1] if kind[k, 2] else [n]:
                node[i, :2] += sign * kind[k, :2]
        where[vm] = (target, k)
        if group[vm] >= 0:
            taken[group[vm], zone[source]] -= 1
            taken[group[vm], zone[target]] += 1
    return total


def test_draws_are_those_of_the_decoding():
    """The kernel's numbers are SplitMix64's, as `headway.nn.decoding` has them."""
    keys, steps = np.array([1, 2**63 - 5], np.uint64), np.array([0, 77], np.uint64)
    assert [uniform(key, int(step)) for key, step in zip(keys, steps, strict=True)] == uniforms(keys, steps).tolist()


def test_classes_and_slots_worked_by_hand():
    """A VM of 4 cores leaving a node with 12 of 16 free completes a slot; entering one with 2 over, it breaks one."""
    *_, space, _, _ = drawn("base")
    assert space.digits == (8, 2, 1, 1, 4, 4, 3)
    assert space.column_cpu.tolist() == [2, 4, 8]
    residue = np.unravel_index(np.arange(space.classes), space.digits)[0] * 2
    for sign in (1, -1):
        won = features(space, sign)[1][0]
        for q, cores in enumerate(space.column_cpu.tolist()):
            assert (won[:, q] == (residue + sign * cores) // 16).all()


def test_padding_is_nothing():
    """Clusters beside larger ones are played, and seen, as they are alone."""
    problem = make_problem("vm_rescheduling/rescheduling", **SETTINGS["base"])
    small = problem.instances("train", 1)
    large = small.padded(machines=small.machines + 5, vms=small.vms + 40)
    played, known = [], []
    for instance in (small, large):
        packed, space = pack(problem.terms, Cluster.of(problem.environment().prepare(instance)))
        rng = np.random.default_rng(0)
        weights = tuple(rng.random((1, 2, space.classes, len(space.column_cpu))) for _ in range(2))
        played.append(play(packed, space, weights, np.arange(4, dtype=np.uint64)[None]))
        known.append((context(packed, space), worth(packed, space)))
    assert (played[0].moves == played[1].moves).all()
    assert known[0][0].shape == (1, CONTEXT)
    for alone, padded in zip(*known, strict=True):
        np.testing.assert_array_equal(alone, padded)
