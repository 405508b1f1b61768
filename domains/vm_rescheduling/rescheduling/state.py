"""The state of `migrate`."""

from __future__ import annotations

from typing import NamedTuple

from headway.ops import Array


class State(NamedTuple):
    """The cluster as it is now."""

    free: Array  # float32 [B, 2, N], free cores and GB
    at: Array  # int32 [B, V]
    chosen: Array  # int64 [B], the VM to be migrated; -1 while one is to be chosen
    turn: Array  # int64 [B], VMs chosen and placed so far
    made: Array  # int64 [B], migrations among them (the rest stayed)
    slots: Array  # float64 [B, R], whole slots by kind of fragment
    places: Array  # int64 [B, K], nodes (machines, for a VM on both nodes) with room for one more of a kind
