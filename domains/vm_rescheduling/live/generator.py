"""Random events: VMs depart, and as many arrive, at a steady pace."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.cluster.instance import Snapshot
from headway.domains.vm_rescheduling.workload.clusters import RULES, known
from headway.domains.vm_rescheduling.workload.flavors import Flavors

Floats = NDArray[np.float64]
MINUTE = 60.0  # seconds


def events(
    rng: np.random.Generator,
    snapshot: Snapshot,
    table: Flavors,
    *,
    churn: float,
    horizon: float,
    room: int,
    placement: str = "mixed",
) -> dict[str, NDArray[Any]]:
    """The event fields of `LiveSnapshot` for these snapshots.

    Every VM, those that arrive included, lives on for an exponential time of mean 1 / ``churn`` minutes; arrivals are
    a Poisson stream of ``churn`` x (VMs of the snapshot) per minute with the flavours of ``table``. So as many arrive
    as depart, and the VMs have the age of a cluster that has always lived like this.

    Parameters
    ----------
    churn : share of the VMs that depart, and that arrive, in a minute
    horizon : seconds after which nothing happens any more
    room : E, arrivals that there is room for
    placement : the rule that places arrivals, as in `workload.generator.snapshots`
    """
    pace = churn / MINUTE
    leaves = _after(rng, np.zeros(snapshot.host.shape), pace, horizon)
    expected = pace * horizon * snapshot.real.sum(1)
    count = np.minimum(rng.poisson(expected), room - 1)
    time = np.sort(np.where(np.arange(room) < count[:, None], rng.uniform(0, horizon, (len(snapshot), room)), np.inf))
    until = _after(rng, time, pace, horizon)
    flavor = rng.choice(len(table.name), time.shape, p=table.share)
    there = np.isfinite(time)
    sizes = {"arrival_cpu": table.cpu, "arrival_memory": table.memory, "arrival_nodes": table.nodes}
    drawn = {name: np.where(there, size[flavor], 0) for name, size in sizes.items()}
    spot = np.where(there, _spots(rng, placement, time.shape), -1.0)
    return {"leaves": np.where(snapshot.real, leaves, np.inf), "time": time, "until": until, "spot": spot, **drawn}


def _spots(rng: np.random.Generator, placement: str, shape: tuple[int, ...]) -> Floats:
    """Best fit is -1, first fit 0, and any node a number between."""
    rule, chance = known("placement rule", placement, RULES)
    anywhere = rng.random(shape)
    usual = {"BEST_FIT": np.full(shape, -1.0), "FIRST_FIT": np.zeros(shape), "RANDOM": anywhere}[rule]
    spots: Floats = np.where(rng.random(shape) < chance, anywhere, usual)
    return spots


def _after(rng: np.random.Generator, time: Floats, pace: float, horizon: float) -> Floats:
    """Departures of VMs that are there at ``time``; inf beyond the horizon."""
    with np.errstate(divide="ignore"):
        end = time + rng.exponential(np.divide(1.0, pace), time.shape)
    return np.where(end <= horizon, end, np.inf)
