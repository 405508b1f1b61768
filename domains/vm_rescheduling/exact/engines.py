"""CBC, HiGHS and CP-SAT on one integer program, all through OR-Tools.

highspy must not be imported beside ortools (their HiGHS symbols clash), so HiGHS is OR-Tools' own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from ortools.linear_solver import pywraplp
from ortools.linear_solver.python import model_builder
from ortools.sat.python import cp_model

from headway.domains.vm_rescheduling.exact.program import Program
from headway.errors import SolverError

Floats = NDArray[np.float64]
GAP = 1e-4  # relative, of CBC and HiGHS: less than a slot where values are whole
SCALE = 2.0**40  # CP-SAT's objective is whole: values are rounded to 1 / SCALE


class Answer(NamedTuple):
    """What an engine found: a solution (None: none), a bound on its value (inf: none; -inf: the program has no solution),
    and whether this is the end of it.
    """

    x: Floats | None
    bound: float
    proven: bool


def solve(engine: str, program: Program, seconds: float, *, hint: Floats | None = None, threads: int = 1,
          found: Callable[[Floats], None] = lambda x: None) -> Answer:  # fmt: skip
    """Run one engine (``cbc``, ``highs``, ``cp_sat``) for so many seconds (CBC's are of CPU, the others' wall seconds).

    Parameters
    ----------
    hint : the first variables (those of migrations) of a solution to start from; HiGHS takes none
    found : called with each better solution, by CP-SAT only

    Raises
    ------
    SolverError
        The engine calls the program unbounded or invalid, or breaks down.
    """
    if engine == "cp_sat":
        return _cp_sat(program, seconds, hint, threads, found)
    return _mip(engine, program, seconds, hint, threads)


def _mip(engine: str, program: Program, seconds: float, hint: Floats | None, threads: int) -> Answer:
    unit = program.step or float(np.abs(program.value).max())  # whole coefficients tell an engine when to stop
    model = model_builder.Model()
    model.helper.fill_model_from_sparse_data(
        np.zeros_like(program.most), program.most, program.value / unit, program.lower, program.upper, program.matrix
    )
    model.helper.set_maximize(True)
    for variable in range(len(program.most)):
        model.helper.set_var_integrality(variable, True)
    solver = pywraplp.Solver.CreateSolver(engine.upper())
    solver.LoadModelFromProto(model.export_to_proto())
    variables = solver.variables()
    if hint is not None and engine == "cbc":
        solver.SetHint(variables[: len(hint)], hint.tolist())
    solver.SetTimeLimit(max(1, round(1000 * seconds)))
    solver.SetNumThreads(threads)
    gap = pywraplp.MPSolverParameters()
    gap.SetDoubleParam(gap.RELATIVE_MIP_GAP, GAP)
    status = solver.Solve(gap)
    if status == solver.INFEASIBLE:
        return Answer(None, -np.inf, True)
    if status in (solver.UNBOUNDED, solver.MODEL_INVALID, solver.ABNORMAL):
        raise SolverError("an engine failed", where=engine, got=status, expected="a solution, or none in time")
    x = np.array([v.solution_value() for v in variables]) if status in (solver.OPTIMAL, solver.FEASIBLE) else None
    bound = solver.Objective().BestBound() if x is not None else np.inf
    return Answer(x, float(bound) * unit, status == solver.OPTIMAL)


class _Report(cp_model.CpSolverSolutionCallback):
    """Hands on each solution of CP-SAT."""

    def __init__(self, variables: list[cp_model.IntVar], found: Callable[[Floats], None]) -> None:
        super().__init__()
        self.variables, self.found = variables, found

    def on_solution_callback(self) -> None:
        self.found(np.array([self.value(v) for v in self.variables], float))


def _cp_sat(program: Program, seconds: float, hint: Floats | None, threads: int,
            found: Callable[[Floats], None]) -> Answer:  # fmt: skip
    model = cp_model.CpModel()
    variables = [model.new_int_var(0, int(most), "") for most in program.most]
    indptr, indices, data = program.matrix.indptr, program.matrix.indices, program.matrix.data.astype(np.int64)
    for row in range(len(program.lower)):
        span = slice(indptr[row], indptr[row + 1])
        terms = cp_model.LinearExpr.weighted_sum([variables[i] for i in indices[span]], data[span].tolist())
        low, high = (_whole(side[row]) for side in (program.lower, program.upper))
        model.add_linear_constraint(terms, low, high)
    unit = program.step or 1.0 / SCALE
    model.maximize(cp_model.LinearExpr.weighted_sum(variables, np.rint(program.value / unit).astype(np.int64).tolist()))
    if hint is not None:
        for variable, value in zip(variables, np.rint(hint).astype(int).tolist(), strict=False):
            model.add_hint(variable, value)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds, solver.parameters.num_workers = seconds, threads
    status = solver.solve(model, _Report(variables, found))
    if status == cp_model.INFEASIBLE:
        return Answer(None, -np.inf, True)
    if status == cp_model.MODEL_INVALID:
        raise SolverError("an engine refused the program", where="cp_sat", got=model.validate(), expected="integers")
    known = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    x = np.array([solver.value(v) for v in variables], float) if known else None
    rounding = 0.0 if program.step else program.most.sum() / SCALE
    return Answer(x, solver.best_objective_bound * unit + rounding, status == cp_model.OPTIMAL)


def _whole(limit: float) -> int:
    """A row's limit as CP-SAT takes it."""
    return int(np.clip(limit, -(2**60), 2**60))
