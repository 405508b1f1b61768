"""The tree-attention network: its tokens, what it computes of slots, padding, sizes, and training by name."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from headway import make_problem, rollout
from headway.domains.vm_rescheduling.cluster.fragments import fragments
from headway.domains.vm_rescheduling.learned.tree_cells import Cells
from headway.domains.vm_rescheduling.learned.tree_gains import Room, gains
from headway.domains.vm_rescheduling.learned.tree_layers import WithinTree
from headway.domains.vm_rescheduling.rescheduling.evaluate import Cluster
from headway.pipelines.agents.ppo import MaskablePPO
from headway.pipelines.agents.two_stage import TwoStagePPO
from headway.pipelines.configuration.schema import TrainConfig
from headway.pipelines.training.loop import _trainer
from headway.solver import Search
from headway.storage.stored import Description, StoredPolicy, load_policy, save_policy

MIXED = {"flavors": "ecs_memory", "fragments": {"cpu16": 0.5, "memory64": 0.3, "cpu64x2": 0.2}}
NAME = "vm_rescheduling/rescheduling"


def cluster(**options):
    return make_problem(NAME, **{"machines": 6, "limit": 4, **options})


def seen(problem, n=2, seed=0):
    """An environment and its first observation of ``n`` instances, in torch."""
    environment = problem.environment()
    params = environment.prepare(problem.instances("train", n, seed))
    state = environment.reset(params)
    observation = environment.observe(params, state)
    return {name: torch.tensor(array) for name, array in observation.items()}, environment, params, state


def policy(problem, seed=0, **options):
    torch.manual_seed(seed)
    description = Description.of(problem.environment(), problem.network("tree_attention", **options), "greedy")
    space = description.build()
    torch.manual_seed(seed)
    for parameter in space.parameters():  # far from zero everywhere, so that nothing passes by being small
        nn.init.normal_(parameter, std=0.3)
    return StoredPolicy(space, description)


def test_cells_count_interchangeable_vms():
    """Counts, sizes and shares agree with a walk over the VMs in plain Python."""
    problem = cluster(pinned=0.3)
    observation, *_ = seen(problem)
    cells = Cells.of(observation)
    for row in range(2):
        members = {}
        for vm, (cpu, memory, nodes, movable) in enumerate(observation["vm"][row].tolist()):
            if nodes:
                key = (int(observation["at"][row, vm]), int(observation["kind"][row, vm]))
                members.setdefault(key, []).append((vm, movable))
                assert cells.kinds[row, key[1]].tolist() == [cpu, memory, nodes]
        for (node, kind), vms in members.items():
            assert cells.vms[row, node, kind] == len(vms)
            free = [vm for vm, movable in vms if movable]
            assert cells.movable[row, node, kind] == len(free)
            shares = cells.share[row, free].exp()
            assert float(shares.sum()) == pytest.approx(float(len(free) > 0), abs=1e-5)
            assert not len(free) or int(shares.argmax()) == 0
        assert cells.vms[row].sum() == sum(map(len, members.values()))


@pytest.mark.parametrize("options", [{}, MIXED], ids=["FR-16", "mix"])
def test_gains_are_the_scorers(options):
    """What a move takes off the objective is, up to one factor, the gain where it leaves plus the gain where it
    arrives (on another machine), by the scorer's own arithmetic; where it fits is where the cluster has room."""
    problem = cluster(**options)
    snapshot = problem.instances("train", 1)
    observation, *_ = seen(problem, 1)
    room, cells = Room.of(observation), Cells.of(observation)
    leaving, arriving = gains(room, cells.kinds, -1), gains(room, cells.kinds, 1)
    terms = fragments(problem.fragments, where="test")
    before = Cluster(snapshot, 0)
    width = cells.kinds.shape[1]
    factor = sum(
        t.weight * t.size * t.nodes / sum(map(sum, before.free[t.resource])) for t in terms
    )  # what a gain of 1 is worth
    moved = 0
    for vm in range(0, int(snapshot.real.sum()), 3):
        source, kind = divmod(int(cells.cell[0, vm]), width)
        for node in range(12):
            single = before.nodes[vm] == 1
            if node // 2 == source // 2 or (not single and node % 2):
                continue
            after = Cluster(snapshot, 0)
            after.put(vm, *after.at[vm], sign=-1)
            after.put(vm, node // 2, node % 2)
            sound = all(left >= 0 for free in after.free.values() for left in free[node // 2])
            assert bool(arriving.fits[0, node, kind]) == sound
            if sound:
                moved += 1
                change = sum(t.weight * (before.rate(t) - after.rate(t)) for t in terms)
                got = leaving.gain[0, source, kind] + arriving.gain[0, node, kind]
                assert float(got) * factor == pytest.approx(change, abs=1e-5)
    assert moved > 20


def test_attention_over_cells_is_attention_over_vms():
    """Ten VMs as one cell are looked at as ten cells of one VM would be."""
    torch.manual_seed(0)
    layer, nodes, kinds = WithinTree(8, 2), torch.randn(1, 4, 8), torch.randn(1, 2, 8)
    count = torch.tensor([[[3.0, 0.0], [1.0, 2.0], [0.0, 0.0], [0.0, 4.0]]])

    def cells(count):
        return Cells(torch.empty(0), count, torch.empty(0), torch.empty(0), torch.empty(0))

    together = layer(nodes, kinds, cells(count))
    single = kinds.repeat_interleave(4, 1)  # up to four of each kind, each a kind of its own
    apart = (torch.arange(4) < count[..., None]).flatten(2).float()
    assert torch.allclose(layer(nodes, single, cells(apart)), together, atol=1e-5)


@pytest.mark.parametrize("options", [{}, MIXED], ids=["FR-16", "mix"])
def test_padding_is_inert(options):
    """More VMs and inactive machines than there are change no logit of what is there, in either sub-step."""
    problem = cluster(**options)
    network = policy(problem).network
    snapshot = problem.instances("train", 3)
    padded = snapshot.padded(machines=9, vms=snapshot.vms + 70)
    environment = problem.environment()
    outputs = []
    for instance in (snapshot, padded):
        params = environment.prepare(instance)
        state = environment.reset(params)
        after = environment.step(params, state, environment.mask(params, state)[:, 1:].argmax(1) + 1).state
        for now in (state, after):
            observation = {k: torch.tensor(v) for k, v in environment.observe(params, now).items()}
            mask = torch.tensor(environment.mask(params, now))
            with torch.no_grad():
                hidden = network.encode(observation)
                chance = network.actor(hidden).masked_fill(~mask, -torch.inf).softmax(-1)
                outputs.append((chance, network.critic(hidden)))
    for (chance, value), (wide, same) in zip(outputs[:2], outputs[2:], strict=True):
        assert torch.allclose(wide[:, : chance.shape[1]], chance, atol=1e-5)
        assert not wide[:, chance.shape[1] :].any()
        assert torch.allclose(same, value, atol=1e-5)


def test_nodes_and_vms_may_be_numbered_otherwise():
    """Machines in another order: the same logits in that order."""
    problem = cluster()
    network = policy(problem).network
    observation, *_ = seen(problem)
    machines = torch.randperm(6)
    order = (2 * machines[:, None] + torch.arange(2)).flatten()
    place = torch.argsort(order)
    other = {name: tensor[:, order] if name in ("cpu", "memory", "fragment", "open") else tensor
             for name, tensor in observation.items()}  # fmt: skip
    other["at"] = place[observation["at"].long()].int()
    with torch.no_grad():
        assert torch.allclose(network(other), network(observation), atol=1e-4)
        for some in (observation, other):
            some["chosen"] = torch.full((2, 1), 5)
        logits, mirrored = network(observation), network(other)
    assert torch.allclose(mirrored[:, 1:13], logits[:, 1:13][:, order], atol=1e-4)


def test_rows_in_different_sub_steps_do_not_mix():
    """A batch of both sub-steps gives each row what it gets alone."""
    problem = cluster()
    network = policy(problem).network
    observation, *_ = seen(problem, 4)
    observation["chosen"] = torch.tensor([[-1], [3], [-1], [0]])
    with torch.no_grad():
        together = network(observation)
        for row in range(4):
            alone = network({name: tensor[row : row + 1] for name, tensor in observation.items()})
            assert torch.allclose(together[row : row + 1], alone, atol=1e-4)


def test_one_policy_for_any_size(tmp_path):
    """Stored and loaded, a policy of six machines plans for another number, and every plan is feasible."""
    stored = load_policy(save_policy(policy(cluster()), tmp_path / "policy"))
    for machines in (3, 11):
        problem = cluster(machines=machines, affinity=0.3, pinned=0.2)
        instances = problem.instances("validation", 4)
        evaluation = problem.evaluate(instances, rollout(problem.environment(), stored, instances).solution)
        assert evaluation.feasible.all()


def test_untrained_and_greedy():
    """With a large weight on what is gained at once, an untrained network does as well as greedy."""
    problem = cluster(machines=20, limit=6)
    environment, instances = problem.environment(), problem.instances("validation", 12)
    description = Description.of(environment, problem.network("tree_attention", greed=30.0), "greedy")
    torch.manual_seed(0)
    plans = rollout(environment, StoredPolicy(description.build(), description), instances).solution
    ours = problem.evaluate(instances, plans)
    greedy, initial = problem.baseline("greedy"), ours.metrics["initial"].mean()
    theirs = [
        problem.evaluate(i, greedy.solve(problem, i, Search())).objective[0]
        for i in map(instances.__getitem__, range(12))
    ]
    assert ours.objective.mean() == pytest.approx(np.mean(theirs), abs=0.1 * (initial - np.mean(theirs)))


@pytest.mark.parametrize("agent", [TwoStagePPO, MaskablePPO])
def test_ppo_trains_all_of_it(agent):
    """An update changes every weight, those of both heads and of the critic included."""
    problem = cluster()
    trainer = agent(num_envs=16, rollout=8, batch=64, epochs=1).trainer(
        problem.environment(), problem.network("tree_attention"), seed=0, steps=400
    )
    before = {name: tensor.clone() for name, tensor in trainer.policy().network.state_dict().items()}
    trainer.advance()
    after = trainer.policy().network.state_dict()
    assert [name for name, tensor in after.items() if torch.equal(tensor, before[name])] == []


def test_size_of_the_network():
    """As large as the network it is compared with (87,428 parameters), and not tied to a size."""
    network = policy(cluster()).network
    assert 50_000 < sum(p.numel() for p in network.parameters()) < 90_000
    assert not network.sized


@pytest.mark.parametrize("agent", ["two_stage_ppo", "maskable_ppo", "imitation"])
def test_agents_without_memory_take_it_with_nothing_said(agent):
    """The problem's first network remembers; agents that cannot train it take the first one that they can."""
    trainer, _ = _trainer(TrainConfig(problem=NAME, agent=agent, validation={"n": 1}), None)
    assert trainer.policy().description.network_name == "tree_attention"
