"""Which VMs of a cluster belong together, and which stay where they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

GROUP = 10  # VMs of an anti-affinity group


def draw_groups(rng: np.random.Generator, zone: NDArray[np.int64], share: float) -> NDArray[np.int64]:
    """int64 [V]: anti-affinity groups of 10 (of as many as there are zones, if fewer) with about ``share`` of the VMs.

    ``zone`` [V] is what the members of a group must not share (the machine or rack that each VM is on); they do not.
    """
    group = np.full(len(zone), -1)
    size = min(GROUP, len(np.unique(zone)))
    if size < 2:
        return group
    waiting = rng.permutation(len(zone)).tolist()
    for number in range(round(share * len(zone) / size)):
        members: dict[int, int] = {}
        for vm in waiting:
            members.setdefault(int(zone[vm]), vm)
            if len(members) == size:
                break
        else:
            break  # what is left is on too few zones
        group[list(members.values())] = number
        waiting = [vm for vm in waiting if group[vm] < 0]
    return group


def draw_pinned(rng: np.random.Generator, vms: int, share: float) -> NDArray[np.bool_]:
    """bool [V]: any ``share`` of the VMs."""
    out = np.zeros(vms, bool)
    out[rng.permutation(vms)[: round(share * vms)]] = True
    return out
