"""What the class policy knows of a cluster as a whole, at the start of an episode."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.learned.class_cluster import (
    COLUMN,
    CPU,
    MEMORY,
    NODES,
    OPEN,
    OWN,
    RESOURCE,
    ROOM,
    SIZE,
)  # fmt: skip
from headway.domains.vm_rescheduling.learned.class_pack import Pack
from headway.domains.vm_rescheduling.learned.class_space import COUNTED, MEMORIES, RESIDUES, SIZES, Space

CONTEXT = 8 + RESIDUES + MEMORIES + len(COUNTED) + 2 * len(SIZES)


def context(pack: Pack, space: Space) -> NDArray[np.float32]:
    """float32 [B, CONTEXT], all of them of the order of 1 and none growing with the cluster (but one logarithm).

    Nodes (logarithm), free cores and migrations per node, the fragment rate and the least it could be by counting,
    migrations per slot still to be won, nodes with a whole slot, whether both nodes matter; histograms of residues of
    cores and (where it counts) memory; movable VMs by size; nodes with room for a VM of each size, and whether there
    are such VMs.
    """
    opened = pack.node[:, :, OPEN] > 0
    nodes = np.maximum(opened.sum(1), 1)
    free = np.where(opened, pack.node[:, :, CPU], 0)
    rate, least = _rates(pack)
    slots = np.maximum(1.0, (rate - least) / np.maximum(pack.gain.max(1), 1e-12))
    first = np.stack([
        np.log(nodes) / 5, free.sum(1) / nodes / 8, 5 * pack.limit / nodes, rate, least,
        np.minimum(pack.limit / slots, 8) / 4, (opened & (free >= space.cores)).sum(1) / nodes,
        np.full(len(nodes), float(space.partner > 1)),
    ], axis=1)  # fmt: skip
    parts = [first, _histogram(free % space.cores * RESIDUES // space.cores, opened, RESIDUES)]
    stores = _histogram(pack.node[:, :, MEMORY] % space.memory // space.memory_unit, opened, MEMORIES)
    parts += [stores * (space.memories > 1)]
    own = np.zeros((len(nodes), len(COUNTED)))
    for g, size in enumerate(space.counted.tolist()):
        own[:, COUNTED.index(size)] = pack.node[:, :, OWN + g].sum(1) / nodes / 4
    parts += [own, *_rooms(pack, nodes)]
    return np.concatenate(parts, axis=1).astype(np.float32)


def _rates(pack: Pack) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """float64 [B] each: the weighted fragment rate, and what counting whole slots of all that is free allows."""
    rate, least = np.zeros(len(pack.limit)), np.zeros(len(pack.limit))
    for w, (resource, size, nodes) in enumerate(pack.term[:, [RESOURCE, SIZE, NODES]].tolist()):
        amount = np.where(pack.node[:, :, OPEN] > 0, pack.node[:, :, resource], 0)
        slots = amount // size
        whole = slots.sum(1) if nodes == 1 else np.minimum(slots[:, ::2], slots[:, 1::2]).sum(1)
        weight = pack.gain[:, w] * amount.sum(1) / (size * nodes)
        rate += weight - pack.gain[:, w] * whole
        least += weight - pack.gain[:, w] * (amount.sum(1) // (size * nodes))
    return rate, least


def _histogram(index: NDArray[np.int64], opened: NDArray[np.bool_], size: int) -> NDArray[np.float64]:
    hits = (index[:, :, None] == np.arange(size)) & opened[:, :, None]
    return hits.sum(1) / np.maximum(opened.sum(1), 1)[:, None]


def _rooms(pack: Pack, nodes: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    room, there = np.zeros((len(nodes), len(SIZES))), np.zeros((len(nodes), len(SIZES)))
    for i, size in enumerate(SIZES):
        kinds = (pack.kind[:, :, CPU] == size) & (pack.kind[:, :, COLUMN] >= 0)
        room[:, i] = np.where(kinds, pack.kind[:, :, ROOM], 0).max(1) / nodes
        there[:, i] = kinds.any(1)
    return room, there


def worth(pack: Pack, space: Space) -> NDArray[np.float32]:
    """float32 [B, 2]: what a slot of cores and one of memory takes off the objective, the larger one 1."""
    out = np.zeros((len(pack.limit), 2))
    for w, (resource, size) in enumerate(pack.term[:, [RESOURCE, SIZE]].tolist()):
        if size == (space.cores, space.memory)[resource]:
            out[:, resource] += pack.gain[:, w]
    share: NDArray[np.float64] = out / np.maximum(out.max(1, keepdims=True), 1e-12)
    return share.astype(np.float32)
