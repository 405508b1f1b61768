"""Batches of clusters: machines, VMs that some process has left on them, groups and pins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.cluster.instance import NODES, Snapshot
from headway.domains.vm_rescheduling.workload.assemble import PER_RACK, assemble
from headway.domains.vm_rescheduling.workload.flavors import SHAPES, Flavors
from headway.domains.vm_rescheduling.workload.groups import draw_groups, draw_pinned
from headway.errors import UnknownNameError

T = TypeVar("T")
Ints = NDArray[np.int64]
# From free cores and MB of each node [N], which it may write into, to the flavour [V] and node [V] of each VM.
Populate = Callable[[Ints, Ints], tuple[Ints, Ints]]

# Placement -> rule of the kernels (see `fill`), and how often any node with room is taken instead.
RULES = {"mixed": ("BEST_FIT", 0.35), "best_fit": ("BEST_FIT", 0.0), "first_fit": ("FIRST_FIT", 0.0),
         "random": ("RANDOM", 0.0)}  # fmt: skip


def clusters(
    rng: np.random.Generator,
    n: int,
    table: Flavors,
    populate: Populate,
    *,
    name: str,
    machines: int,
    affinity: float = 0.0,
    pinned: float = 0.0,
    limit: float = 0.025,
    spread: str = "machine",
    shapes: Mapping[str, float] | None = None,
    per_rack: int = PER_RACK,
) -> Snapshot:
    """``n`` clusters whose VMs ``populate`` has placed; the other parameters are those of `generator.snapshots`."""
    cpu, memory = _machines(rng, n, machines, shapes or {"2x44": 1.0})
    placed = [populate(cpu[i].reshape(-1).copy(), memory[i].reshape(-1).copy()) for i in range(n)]
    zones = [node // NODES // (per_rack if spread == "rack" else 1) for _, node in placed]
    group = [draw_groups(rng, zone, affinity) for zone in zones]
    kept = [draw_pinned(rng, len(zone), pinned) for zone in zones]
    return assemble(cpu, memory, table, placed, name=name, limit=limit, spread=spread, per_rack=per_rack,
                    group=group, pinned=kept)  # fmt: skip


def known(kind: str, name: str, names: Mapping[str, T]) -> T:
    """What a table has under this name.

    Raises
    ------
    UnknownNameError
        Nothing.
    """
    if name not in names:
        raise UnknownNameError(kind, name, names)
    return names[name]


def rule(placement: str) -> tuple[int, float]:
    """The kernels' number of a placement rule, and how often any node with room is taken instead."""
    from headway.domains.vm_rescheduling.workload import fill

    name, chance = known("placement rule", placement, RULES)
    return getattr(fill, name), chance


def _machines(rng: np.random.Generator, n: int, machines: int, shapes: Mapping[str, float]) -> tuple[Ints, Ints]:
    """Cores and MB of each node, int64 [n, P, 2] each."""
    size = np.array([known("machine type", name, SHAPES) for name in shapes])
    weight = np.array(list(shapes.values()), float)
    drawn = np.zeros((n, machines), np.int64)
    if len(size) > 1:
        drawn = rng.choice(len(size), (n, machines), p=weight / weight.sum())
    cpu, memory = (np.repeat(size[drawn, k][:, :, None], NODES, axis=2) for k in (0, 1))
    return cpu, memory
