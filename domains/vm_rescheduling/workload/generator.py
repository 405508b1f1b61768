"""Random clusters with the marginals that are published of a real one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.cluster.instance import Snapshot
from headway.domains.vm_rescheduling.workload.assemble import PER_RACK
from headway.domains.vm_rescheduling.workload.clusters import clusters, known, rule
from headway.domains.vm_rescheduling.workload.flavors import FLAVORS

Ints = NDArray[np.int64]

TARGET, CHURN = 0.95, 4  # filled up to this share of the cores, then so many departures and arrivals per VM


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
    Their FR-16 is lower, 0.44 +- 0.04 against 0.555.

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
    table = known("table of flavours", flavors, FLAVORS)
    numbers = rule(placement)
    shares = np.cumsum(table.share)
    shares[-1] = 1.0

    def populate(cpu: Ints, memory: Ints) -> tuple[Ints, Ints]:
        from headway.domains.vm_rescheduling.workload.fill import fill

        target = max(TARGET, utilisation)
        flavor, node = fill(rng, cpu, memory, table.sizes, shares, *numbers, target, CHURN, utilisation)
        return flavor, node

    name = f"{flavors}-{machines}-{placement}"
    return clusters(rng, n, table, populate, name=name, machines=machines, affinity=affinity, pinned=pinned,
                    limit=limit, spread=spread, shapes=shapes, per_rack=per_rack)  # fmt: skip
