"""The state of the live `migrate`."""

from __future__ import annotations

from typing import NamedTuple

from headway.domains.vm_rescheduling.rescheduling.state import State
from headway.ops import Array


class LiveState(NamedTuple):
    """The snapshot as planned so far (the fields of `rescheduling.dynamics.State`), and the living cluster."""

    free: Array
    at: Array
    chosen: Array
    turn: Array
    made: Array
    slots: Array
    places: Array
    clock: Array  # float64 [B], seconds since the snapshot was taken
    over: Array  # bool [B], the plan is complete
    promised: Array  # float64 [B], what the plan would have gained on the snapshot
    gained: Array  # float64 [B], what it has gained right after its last migration
    live_free: Array  # int64 [B, 2, N], cores and MB
    live_at: Array  # int32 [B, V+E], -1: not there
    event: Array  # int64 [B], events that have happened

    @property
    def planned(self) -> State:
        """The snapshot as planned so far."""
        return State(*self[: len(State._fields)])
