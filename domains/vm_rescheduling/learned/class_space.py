"""The classes of NUMA nodes that the class policy tells apart: what matters of a node, as one small number."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import gcd
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.cluster.fragments import GB, Fragment

Ints = NDArray[np.int64]

COUNTED = (1, 2, 4, 8)  # cores; VMs of other sizes leave the residues of a slot of 16 as they are, or are rare
CAPS = (2, 3, 3, 2)  # more VMs of a size than these on one node count as so many: together they fill a slot
CAP = 1  # where memory is told apart too, so that the tables stay small
MEMORY_UNIT = 4 * GB


class Space(NamedTuple):
    """How classes are numbered: digits of a mixed radix, the most significant first (plain arrays, for the kernels).

    Digits: residue of free cores (in units), whole slots free (capped), those of the machine's other node (where a
    slot takes both), residue of free memory (where it counts), and the movable VMs by size (capped). A column is a
    kind of VM whose migration changes a residue: its cores and, where memory counts, its MB and its nodes.
    """

    cores: int  # of a slot
    unit: int  # cores; all that is free is a multiple of it
    levels: int  # whole slots told apart, 0 .. levels - 1
    partner: int  # the same of the other node; 1: not looked at
    memory: int  # MB of a slot; 1: not looked at
    memory_unit: int
    memories: int  # residues of memory
    counted: Ints  # [G] cores of the sizes that are counted
    cap: Ints  # [G]
    column_cpu: Ints  # [Q] cores per node
    column_memory: Ints  # [Q] MB per node, 0 where memory is not looked at
    column_nodes: Ints  # [Q]

    @property
    def digits(self) -> tuple[int, ...]:
        """How many values each digit has."""
        return (self.cores // self.unit, self.levels, self.partner, self.memories, *(self.cap + 1).tolist())

    @property
    def classes(self) -> int:
        return int(np.prod(self.digits))

    @property
    def numbers(self) -> Ints:
        """Itself as one array for the kernels (see `class_cluster`)."""
        first = (self.cores, self.unit, self.levels, self.partner, self.memory, self.memory_unit, self.memories)
        return np.array([*first, *self.cap.tolist()], np.int64)

    @property
    def key(self) -> tuple[Any, ...]:
        """Itself as something hashable."""
        return tuple(f.tobytes() if isinstance(f, np.ndarray) else f for f in self)


def space_of(terms: Sequence[Fragment], free: Ints, cpu: Ints, memory: Ints, nodes: Ints) -> Space:
    """The space for these terms, where ``free`` cores are on nodes and VMs of kinds [K] take ``cpu`` and ``memory`` of
    each of ``nodes``.
    """
    sizes = [term.size for term in terms if term.resource == "cpu"] or [16]
    wide = any(term.nodes == 2 for term in terms)
    stores = [term.size for term in terms if term.resource == "memory"]
    cores, store = min(sizes), min(stores, default=1)
    columns = _columns(cores, store, wide, cpu, memory if stores else 0 * memory, nodes)
    counted = np.array([size for size in COUNTED if ((columns[:, 0] == size) & (columns[:, 2] == 1)).any()], np.int64)
    most = max(sizes) // cores
    return Space(
        cores=cores,
        unit=reduce(gcd, [*np.unique(free).tolist(), *np.unique(cpu).tolist()], cores),
        levels=1 + most,
        partner=1 + most if wide else 1,
        memory=store,
        memory_unit=MEMORY_UNIT if stores else 1,
        memories=max(1, store // MEMORY_UNIT),
        counted=counted,
        cap=np.array([CAP if stores or wide else CAPS[COUNTED.index(size)] for size in counted], np.int64),
        column_cpu=columns[:, 0].copy(),
        column_memory=columns[:, 1].copy(),
        column_nodes=columns[:, 2].copy(),
    )


def _columns(cores: int, store: int, wide: bool, cpu: Ints, memory: Ints, nodes: Ints) -> Ints:
    """int64 [Q, 3]: the kinds worth migrating; where a slot takes both nodes, all of them are."""
    kinds = np.unique(np.stack([cpu, memory, nodes], axis=1), axis=0)
    useful = (kinds[:, 0] % cores > 0) | (kinds[:, 1] % store > 0) | wide
    useful &= (kinds[:, 2] == 1) | wide | (store > 1)
    useful &= (kinds[:, 2] > 0) & (kinds[:, 0] > 0)
    return kinds[useful]


# -- what a network sees of classes and columns ---------------------------------------------------
def digits_of(space: Space) -> dict[str, Ints]:
    """The digits of all classes by name, int64 [C] each, and the movable VMs by size [C, G]."""
    values = np.unravel_index(np.arange(space.classes), space.digits)
    names = ("residue", "level", "partner", "memory")
    counts = np.stack(values[4:], axis=1) if len(values) > 4 else np.zeros((space.classes, 0), np.int64)
    return {**dict(zip(names, values[:4], strict=True)), "counts": counts}


RESIDUES, MEMORIES, LEVELS = 16, 16, 3  # one-hot sizes, so that one network serves all spaces
SIZES = (1, 2, 4, 8, 16)  # cores of a column that have a flag of their own; anything else is "other"
FEATURES = 2 * RESIDUES + 2 * MEMORIES + 2 * LEVELS + LEVELS + 2 * len(COUNTED) + len(SIZES) + 1 + 3 + 3


def features(space: Space, sign: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What is seen of each class and column when a VM of the column leaves (sign 1) or enters (sign -1) a node of the
    class, float32 [C x Q, FEATURES]; and the slots of cores and of memory that this completes, less those that it
    breaks, float32 [2, C, Q].
    """
    digits, shape = digits_of(space), (space.classes, len(space.column_cpu))

    def spread(values: NDArray[Any]) -> NDArray[Any]:
        return np.broadcast_to(values[:, None] if len(values) == space.classes else values, shape)

    residue, store = spread(digits["residue"] * space.unit), spread(digits["memory"] * space.memory_unit)
    carried, after = np.divmod(residue + sign * space.column_cpu, space.cores)
    store_carried, store_after = np.divmod(store + sign * space.column_memory, space.memory)
    level = spread(digits["level"])
    level_after = np.clip(level + carried, 0, space.levels - 1)
    counts = np.zeros((*shape, 2 * len(COUNTED)), np.float32)
    for g, size in enumerate(space.counted.tolist()):
        own = spread(digits["counts"][:, g])
        counts[..., 2 * COUNTED.index(size)], counts[..., 2 * COUNTED.index(size) + 1] = own > 0, own / 2
    column = [space.column_cpu == size for size in SIZES]
    column += [~np.isin(space.column_cpu, SIZES), space.column_nodes == 2]
    column += [space.column_memory / (16 * GB), space.column_cpu / 16]
    alone = [*(np.broadcast_to(values, shape) for values in column), carried, store_carried, level_after == 0]
    parts = [
        *(_hot(amount * RESIDUES // space.cores, RESIDUES) for amount in (residue, after)),
        *(_hot(amount // space.memory_unit, MEMORIES) for amount in (store, store_after)),
        *(_hot(number, LEVELS) for number in (level, level_after, spread(digits["partner"]))),
        counts,
        np.stack(alone, axis=-1),
    ]
    seen = np.concatenate([part.astype(np.float32) for part in parts], axis=-1).reshape(-1, FEATURES)
    return seen, np.stack([carried, store_carried]).astype(np.float32)


def _hot(index: Ints, size: int) -> NDArray[np.bool_]:
    hot: NDArray[np.bool_] = index[..., None] == np.arange(size)
    return hot
