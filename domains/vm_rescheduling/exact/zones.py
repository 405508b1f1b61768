"""Cuts: VMs of anti-affinity groups on which an assignment has clashed are told apart in a program."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import sparse

from headway.domains.vm_rescheduling.cluster.counts import Counts
from headway.domains.vm_rescheduling.exact.program import Floats, Ints, Program, Rows


class Zones:
    """``base``, a program of `merged` kinds, with rows for the anti-affinity of the groups ``apart``: ``program``.

    New variables say how many VMs of such a group leave each node and come to each zone; at which node of the zone is
    all one to the group. They are among the VMs of their size that leave and come. No plan that keeps the groups apart
    is cut off, so bounds hold; with all groups among these, nothing is left that clashes.

    Attributes
    ----------
    counts : with groups
    of : which `merged` kind each kind is [K]
    out : int64 [., 2], node and kind of VMs that leave
    into : int64 [., 2], zone and kind of VMs that come
    """

    def __init__(self, base: Program, counts: Counts, of: Ints, apart: frozenset[int]) -> None:
        self.base, self.counts, self.of = base, counts, of
        self.sizes = int(of.max(initial=0)) + 1
        grouped = np.argwhere((counts.count > 0) & np.isin(counts.group, list(apart)))
        self.out = grouped[np.isin(self._name(grouped), base.leave @ (self.sizes, 1))]
        kinds = np.unique(self.out[:, 1])
        zones, size = np.divmod(np.unique(self._coming()), self.sizes)
        which, column = np.nonzero(size[:, None] == of[kinds])
        self.into = np.stack([zones[which], kinds[column]], axis=1)
        self.program = self._program() if len(self.out) else base

    def hint(self, change: Ints) -> Floats:
        """A change [N, K] of kinds with groups as a solution."""
        counts, base = self.counts, self.base
        gone, came = np.maximum(-change, 0), np.maximum(change, 0)
        by_zone = np.zeros((len(counts.hosted), len(self.of)), np.int64)
        np.add.at(by_zone, counts.zone, came)
        first = [self._merged(gone)[tuple(base.leave.T)], self._merged(came)[tuple(base.come.T)]]
        extra = [gone[tuple(self.out.T)], by_zone[tuple(self.into.T)]]
        return np.concatenate([base.completed(np.concatenate(first).astype(float)), *extra])

    def _program(self) -> Program:
        counts, base, rows = self.counts, self.base, Rows()
        rows.add(base.lower, base.upper, base=base.matrix)
        self._limit_sizes(rows)
        kind_out, kind_into = self.out[:, 1], self.into[:, 1]
        rows.add(0, 0, out=_sums(kind_out, len(self.of)), into=-_sums(kind_into, len(self.of)))
        groups = counts.hosted.shape[1]
        limited, row = np.unique(self.into[:, 0] * groups + counts.group[kind_into], return_inverse=True)
        leaving = _found(limited, counts.zone[self.out[:, 0]] * groups + counts.group[kind_out])
        rest = np.maximum(1 - counts.hosted.reshape(-1)[limited], 0)
        rows.add(-np.inf, rest, into=_sums(row, len(limited)), out=-_sums(leaving, len(limited)))
        widths = {"base": len(base.most), "out": len(self.out), "into": len(self.into)}
        extra = np.append(counts.count[tuple(self.out.T)], np.ones(len(self.into)))
        return replace(
            base, matrix=rows.matrix(widths), lower=np.concatenate(rows.lower), upper=np.concatenate(rows.upper),
            most=np.append(base.most, extra), value=np.append(base.value, np.zeros(len(extra))),
        )  # fmt: skip

    def _limit_sizes(self, rows: Rows) -> None:
        """VMs of groups are among those of their size that leave a node (and the others are no more than there are), or
        that come to a zone.
        """
        base, width = self.base, len(self.base.most)
        names, row = np.unique(self._name(self.out), return_inverse=True)
        others = self._merged(self.counts.count).reshape(-1)[names]
        others -= np.bincount(row, self.counts.count[tuple(self.out.T)]).astype(np.int64)
        leave = _found(names, base.leave @ (self.sizes, 1))
        rows.add(0, others, base=_sums(leave, len(names), width), out=-_sums(row, len(names)))
        names, row = np.unique(self._name(self.into), return_inverse=True)
        come = np.append(np.full(len(base.leave), -1), _found(names, self._coming()))
        rows.add(0, np.inf, base=_sums(come, len(names), width), into=-_sums(row, len(names)))

    def _name(self, entry: Ints) -> Ints:
        """One number for place and size of entries [., 2] (place, kind)."""
        return np.asarray(entry[:, 0] * self.sizes + self.of[entry[:, 1]], np.int64)

    def _coming(self) -> Ints:
        """The same for zone and size of the base's arrivals."""
        return np.asarray(self.counts.zone[self.base.come[:, 0]] * self.sizes + self.base.come[:, 1], np.int64)

    def _merged(self, amount: Ints) -> Ints:
        """Amounts [N, K] of `merged` kinds [N, K']."""
        total = np.zeros((len(amount), self.sizes), np.int64)
        np.add.at(total.T, self.of, amount.T)
        return total


def _found(names: Ints, wanted: Ints) -> Ints:
    """Where each of ``wanted`` is in ``names`` (sorted); -1 where it is not."""
    at = np.minimum(np.searchsorted(names, wanted), max(len(names) - 1, 0))
    return np.where(names[at] == wanted, at, -1) if len(names) else np.full(len(wanted), -1)


def _sums(row: Ints, rows: int, width: int | None = None) -> sparse.csr_array:
    """Sums of variables: the row of each, -1 for none."""
    column = np.flatnonzero(row >= 0)
    shape = (rows, len(row) if width is None else width)
    return sparse.csr_array((np.ones(len(column)), (row[column], column)), shape=shape)
