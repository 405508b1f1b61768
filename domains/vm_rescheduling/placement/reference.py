"""A bound: the cluster as one pool of cores and memory, and requests that may be refused in part."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.placement.instance import Stream
from headway.errors import SolverError

SLACK = 1e-6  # taken off each bound, for the tolerance of the linear program


def volume_bound(stream: Stream) -> NDArray[np.float64]:
    """float64 [B]: no placement refuses fewer cores per core.

    A linear program over the shares of the requests that are refused. At each request, what is there (VMs of time 0
    that have not gone, and the kept shares of the requests so far that have not) takes no more cores, and no more MB,
    than the active machines have.
    """
    return np.array([_bound(stream, row) for row in range(len(stream))])


def _bound(stream: Stream, row: int) -> float:
    from ortools.linear_solver import pywraplp

    solver = pywraplp.Solver.CreateSolver("GLOP")
    requests, active = int(stream.requests[row]), stream.active[row]
    time, until = stream.time[row], stream.until[row]
    refused = [solver.NumVar(0.0, 1.0, "") for _ in range(requests)]
    total = max(int(stream.cpu[row, active].sum()), 1)
    for has, takes, there in (
        (stream.cpu, stream.vm_cpu, stream.there_cpu),
        (stream.memory, stream.vm_memory, stream.there_memory),
    ):
        for turn in range(requests):
            alive = np.flatnonzero(until[: turn + 1] > time[turn])
            old = int(there[row, stream.there_until[row] > time[turn]].sum())
            excess = int(takes[row, alive].sum()) - (int(has[row, active].sum()) - old)
            if excess > 0:
                limit = solver.Constraint(float(excess), solver.infinity())
                for vm in alive.tolist():
                    limit.SetCoefficient(refused[vm], float(takes[row, vm]))
    objective = solver.Objective()
    for vm, share in enumerate(refused):
        objective.SetCoefficient(share, float(stream.vm_cpu[row, vm]) / total)
    objective.SetMinimization()
    if solver.Solve() != pywraplp.Solver.OPTIMAL:
        raise SolverError("the linear program of the bound was not solved", where=f"stream {row}")
    return max(float(objective.Value()) - SLACK, 0.0)
