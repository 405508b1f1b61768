"""CBC, HiGHS and CP-SAT on one integer program, all through OR-Tools.

highspy must not be imported beside ortools (their HiGHS symbols clash), so HiGHS is OR-Tools' own.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray
from ortools.linear_solver import pywraplp
from ortools.linear_solver.python import model_builder
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt

from headway.domains.vm_rescheduling.exact.cp_sat import cp_sat
from headway.domains.vm_rescheduling.exact.program import Answer, Program
from headway.errors import SolverError

Floats = NDArray[np.float64]
GAP = 1e-4  # relative, of CBC and HiGHS: less than a slot where values are whole
FINE = 1e-7  # where they are not


def solve(engine: str, program: Program, seconds: float, *, hint: Floats | None = None, threads: int = 1,
          found: Callable[[Floats], object] = lambda x: None) -> Answer:  # fmt: skip
    """Run one engine (``cbc``, ``highs``, ``cp_sat``) for so many seconds (CBC's are of CPU, the others' wall seconds).

    Parameters
    ----------
    hint : a solution to start from
    threads : HiGHS uses one in any case
    found : called with each better solution, by CP-SAT only

    Raises
    ------
    SolverError
        The engine calls the program unbounded or invalid, or breaks down.
    """
    if engine == "cp_sat":
        return cp_sat(program, seconds, hint, threads, found)
    return _cbc(program, seconds, hint, threads) if engine == "cbc" else _highs(program, seconds, hint)


def _scaled(program: Program) -> tuple[Floats, float]:
    """Values in units of their common step, and the unit: whole ones tell an engine when to stop."""
    unit = program.step or float(np.abs(program.value).max())
    return program.value / unit, unit


def _cbc(program: Program, seconds: float, hint: Floats | None, threads: int) -> Answer:
    value, unit = _scaled(program)
    model = model_builder.Model()
    model.helper.fill_model_from_sparse_data(
        np.zeros_like(program.most), program.most, value, program.lower, program.upper, program.matrix
    )
    model.helper.set_maximize(True)
    for variable in range(len(program.most)):
        model.helper.set_var_integrality(variable, True)
    solver = pywraplp.Solver.CreateSolver("CBC")
    solver.LoadModelFromProto(model.export_to_proto())
    variables = solver.variables()
    if hint is not None:
        solver.SetHint(variables, hint.tolist())
    solver.SetTimeLimit(max(1, round(1000 * seconds)))
    solver.SetNumThreads(threads)
    gap = pywraplp.MPSolverParameters()
    gap.SetDoubleParam(gap.RELATIVE_MIP_GAP, GAP if program.step else FINE)
    began = time.process_time()
    status = solver.Solve(gap)
    if status == solver.INFEASIBLE:  # which it also says at times where it had no time
        late = time.process_time() - began >= seconds
        return Answer(None, np.inf if late else -np.inf, not late)
    if status in (solver.UNBOUNDED, solver.MODEL_INVALID, solver.ABNORMAL):
        raise SolverError("an engine failed", where="cbc", got=status, expected="a solution, or none in time")
    x = np.array([v.solution_value() for v in variables]) if status in (solver.OPTIMAL, solver.FEASIBLE) else None
    return Answer(x, solver.Objective().BestBound() * unit if x is not None else np.inf, status == solver.OPTIMAL)


def _highs(program: Program, seconds: float, hint: Floats | None) -> Answer:
    # Not through MPSolver, as CBC: there a run that ends at its limit gives neither its solution nor its bound.
    value, unit = _scaled(program)
    model = mathopt.Model.from_model_proto(_proto(program, value))
    variables = list(model.variables())
    start = mathopt.ModelSolveParameters()
    if hint is not None:
        values = dict(zip(variables, hint.tolist(), strict=True))
        start.solution_hints.append(mathopt.SolutionHint(variable_values=values))
    gap = GAP if program.step else FINE
    limits = mathopt.SolveParameters(time_limit=timedelta(seconds=seconds), relative_gap_tolerance=gap)
    result = mathopt.solve(model, mathopt.SolverType.HIGHS, params=limits, model_params=start)
    reason = result.termination.reason
    if reason == mathopt.TerminationReason.INFEASIBLE:
        return Answer(None, -np.inf, True)
    x = np.array(result.variable_values(variables)) if result.has_primal_feasible_solution() else None
    return Answer(x, result.best_objective_bound() * unit, reason == mathopt.TerminationReason.OPTIMAL)


def _proto(program: Program, value: Floats) -> model_pb2.ModelProto:
    """The program as MathOpt stores models."""
    proto, columns, rows = model_pb2.ModelProto(), len(program.most), len(program.lower)
    proto.variables.ids.extend(range(columns))
    proto.variables.lower_bounds.extend([0.0] * columns)
    proto.variables.upper_bounds.extend(program.most.tolist())
    proto.variables.integers.extend([True] * columns)
    proto.objective.maximize = True
    proto.objective.linear_coefficients.ids.extend(np.flatnonzero(value).tolist())
    proto.objective.linear_coefficients.values.extend(value[value != 0].tolist())
    proto.linear_constraints.ids.extend(range(rows))
    proto.linear_constraints.lower_bounds.extend(program.lower.tolist())
    proto.linear_constraints.upper_bounds.extend(program.upper.tolist())
    matrix, entries = program.matrix, proto.linear_constraint_matrix
    entries.row_ids.extend(np.repeat(np.arange(rows), np.diff(matrix.indptr)).tolist())
    entries.column_ids.extend(matrix.indices.tolist())
    entries.coefficients.extend(matrix.data.tolist())
    return proto
