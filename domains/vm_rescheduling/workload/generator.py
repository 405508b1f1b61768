"""Random clusters with the marginals that are published of a real one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.cluster.instance import NODES, Snapshot
from headway.domains.vm_rescheduling.workload.assemble import PER_RACK, assemble
from headway.domains.vm_rescheduling.workload.flavors import FLAVORS, SHAPES, Flavors
from headway.domains.vm_rescheduling.workload.groups import draw_groups, draw_pinned
from headway.errors import UnknownNameError

T = TypeVar("T")
Ints = NDArray[np.int64]

TARGET, CHURN = 0.95, 4  # filled up to this share of the cores, then so many departures and arrivals per VM
# Placement -> rule of the kernel, and how often any node with room is taken instead.
RULES = {"mixed": ("BEST_FIT", 0.35), "best_fit": ("BEST_FIT", 0.0), "first_fit": ("FIRST_FIT", 0.0),
         "random": ("RANDOM", 0.0)}  # fmt: skip


def snapshots(
    rng: np.random.Generator,
    n: int,
    *,
    machines: int,
    utilisation: float = 0.875,
    placement: str = "mixed",
    flavors: str = "ecs",
    affinity: float = 0.0,
    pinned: float = 0.0,
    limit: float = 0.025,
    spread: str = "machine",
    shapes: Mapping[str, float] | None = None,
    per_rack: int = PER_RACK,
) -> Snapshot:
    """``n`` clusters that were filled to 95 % of their cores, saw each VM replaced four times, and were thinned out.

    With the defaults they are like data set Medium of Ding et al. 2025, "Towards VM rescheduling optimization through
    deep reinforcement learning" (279 machines of 2 x 44 cores); the tests hold the marginals beside those published.

    Parameters
    ----------
    machines : of each cluster
    utilisation : share of all cores in use
    placement : rule that placed the VMs: ``best_fit`` (machine with the fewest free cores, then the node),
        ``first_fit``, ``random`` (any node with room), ``mixed`` (best fit, with probability 0.35 random)
    flavors : table of `FLAVORS`. ``ecs``: 7 flavours, c1 of 2, 4, 8, 16 cores on one node and 32, 64, 88 on two, 2 GB
        per core. ``ecs_memory``: 19, c1 and g1 of 2 to 88 cores and r1 of 2 to 32 (no machine holds a larger one), 2,
        4 and 8 GB per core, 50, 30 and 20 % of the arrivals; memory may be full before cores reach ``utilisation``.
        ``azure``: the 16 of the processed Azure trace, of 1 to 16 cores.
    affinity : share of the VMs in anti-affinity groups of 10
    pinned : share of the VMs that must not be migrated
    limit : migrations at most, as a share of the VMs (below 1, rounded) or a number (from 1)
    spread : what a group must not share, ``machine`` or ``rack``
    shapes : machine type of `SHAPES` -> weight in a random choice; all are ``2x44`` by default
    per_rack : machines of a rack

    Raises
    ------
    UnknownNameError
        No such placement rule, table of flavours or machine type.
    """
    table = _known("table of flavours", flavors, FLAVORS)
    rule = _known("placement rule", placement, RULES)
    cpu, memory = _machines(rng, n, machines, shapes or {"2x44": 1.0})
    placed = [_fill(rng, cpu[i], memory[i], table, rule, utilisation) for i in range(n)]
    zones = [node // NODES // (per_rack if spread == "rack" else 1) for _, node in placed]
    group = [draw_groups(rng, zone, affinity) for zone in zones]
    kept = [draw_pinned(rng, len(zone), pinned) for zone in zones]
    name = f"{flavors}-{machines}-{placement}"
    return assemble(cpu, memory, table, placed, name=name, limit=limit, spread=spread, per_rack=per_rack,
                    group=group, pinned=kept)  # fmt: skip


def _known(kind: str, name: str, names: Mapping[str, T]) -> T:
    if name not in names:
        raise UnknownNameError(kind, name, names)
    return names[name]


def _machines(rng: np.random.Generator, n: int, machines: int, shapes: Mapping[str, float]) -> tuple[Ints, Ints]:
    """Cores and MB of each node, int64 [n, P, 2] each."""
    size = np.array([_known("machine type", name, SHAPES) for name in shapes])
    weight = np.array(list(shapes.values()), float)
    each = (
        rng.choice(len(size), (n, machines), p=weight / weight.sum()) if len(size) > 1 else np.zeros((n, machines), int)
    )
    cpu, memory = (np.repeat(size[each, k][:, :, None], NODES, axis=2) for k in (0, 1))
    return cpu, memory


def _fill(
    rng: np.random.Generator, cpu: Ints, memory: Ints, table: Flavors, rule: tuple[str, float], utilisation: float
) -> tuple[Ints, Ints]:
    from headway.domains.vm_rescheduling.workload import fill as kernel

    free = cpu.reshape(-1).copy(), memory.reshape(-1).copy()
    shares = np.cumsum(table.share)
    shares[-1] = 1.0
    rules = getattr(kernel, rule[0]), rule[1]
    target = max(TARGET, utilisation)
    flavor, node = kernel.fill(rng, *free, table.sizes, shares, *rules, target, CHURN, utilisation)
    return flavor, node
