"""The class policy step by step is the class policy in one go; untrained it is greedy; it serves any size."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from headway import make_problem, rollout
from headway.domains.vm_rescheduling.learned.class_episodes import play
from headway.domains.vm_rescheduling.learned.class_network import Classes, ClassNetwork
from headway.domains.vm_rescheduling.learned.class_pack import Cluster, pack
from headway.storage.stored import Description, StoredPolicy, load_policy, save_policy

SETTINGS = {
    "base": {"machines": 12, "limit": 0.05},
    "azure": {"machines": 4, "limit": 0.05, "flavors": "azure"},
    "memory": {"machines": 6, "limit": 0.1, "flavors": "ecs_memory", "fragments": {"cpu16": 0.5, "memory64": 0.5}},
    "wide": {"machines": 8, "limit": 0.06, "fragments": {"cpu16": 0.5, "cpu64x2": 0.5}, "affinity": 0.5},
    "ranges": {"machines": 12, "fewest": 6, "limit": (0.02, 0.08), "placement": "any", "pinned": 0.2},
}


def stirred(problem):
    """A policy whose network is away from its start."""
    environment = problem.environment()
    torch.manual_seed(0)
    network = ClassNetwork(Classes(hidden=16, rank=4))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return StoredPolicy(network, Description.of(environment, Classes(hidden=16, rank=4), "greedy"))


@pytest.mark.parametrize("name", SETTINGS)
def test_step_by_step_it_decides_as_in_one_go(name, tmp_path):
    """In the environment a policy, stored and loaded, makes the migrations that the kernel makes, for one return."""
    problem = make_problem("vm_rescheduling/rescheduling", **SETTINGS[name])
    environment, instances = problem.environment(), problem.instances("validation", 3)
    policy = load_policy(save_policy(stirred(problem), tmp_path / "policy"))
    walked = rollout(environment, policy, instances)
    packed, space = pack(problem.terms, Cluster.of(environment.prepare(instances)))
    with torch.no_grad():
        tables = tuple(table.double().numpy() for table in policy.network.of(packed, space))
    played = play(packed, space, tables, np.zeros((3, 1), np.uint64), largest=True)
    for b in range(3):
        taken = walked.decisions[b, : walked.length[b]]
        pairs = np.stack([taken[: len(taken) // 2 * 2 : 2] - 1, taken[1::2] - 1], axis=1)
        moves = played.moves[b, 0][played.moves[b, 0, :, 0] >= 0]
        assert pairs.tolist() == moves[:, [3, 2]].tolist()
        assert walked.returns[b] == pytest.approx(played.value[b, 0, -1], abs=1e-9)


def test_untrained_it_is_greedy():
    """Before training every migration that can complete a slot without breaking one is preferred to all others."""
    problem = make_problem("vm_rescheduling/rescheduling", machines=20, limit=0.03)
    packed, space = pack(problem.terms, Cluster.of(problem.environment().prepare(problem.instances("validation", 4))))
    with torch.no_grad():
        tables = tuple(table.double().numpy() for table in ClassNetwork(Classes()).of(packed, space))
    played = play(packed, space, tables, np.zeros((4, 1), np.uint64), largest=True)
    assert (np.diff(played.value[:, 0], axis=1, prepend=0.0)[:, 0] > 0).all()
    assert (played.gained[:, 0] >= 0.49 * packed.limit * packed.gain[:, 0]).all()


def test_rows_do_not_see_each_other():
    """The logits of a cluster are the same beside others."""
    problem = make_problem("vm_rescheduling/rescheduling", machines=8)
    policy, environment = stirred(problem), problem.environment()
    instances = problem.instances("validation", 3)
    together = rollout(environment, policy, instances)
    for b in range(3):
        alone = rollout(environment, policy, instances[b])
        assert (alone.decisions[0] == together.decisions[b, : alone.length[0]]).all()
