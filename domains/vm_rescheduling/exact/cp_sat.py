"""CP-SAT on an integer program."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from ortools.sat.python import cp_model

from headway.domains.vm_rescheduling.exact.program import Answer, Floats, Program
from headway.errors import SolverError

SCALE = 2.0**40  # CP-SAT's objective is whole: values are rounded to 1 / SCALE


class _Report(cp_model.CpSolverSolutionCallback):  # type: ignore[misc]
    """Hands on each solution of CP-SAT."""

    def __init__(self, variables: list[cp_model.IntVar], found: Callable[[Floats], object]) -> None:
        super().__init__()
        self.variables, self.found = variables, found

    def on_solution_callback(self) -> None:
        self.found(np.array([self.value(v) for v in self.variables], float))


def cp_sat(
    program: Program, seconds: float, hint: Floats | None, threads: int, found: Callable[[Floats], object]
) -> Answer:
    """Run CP-SAT for so many wall seconds; ``found`` is called with each better solution.

    Raises
    ------
    SolverError
        A coefficient is not whole, or too large.
    """
    model = cp_model.CpModel()
    variables = [model.new_int_var(0, int(most), "") for most in program.most]
    indptr, indices, data = program.matrix.indptr, program.matrix.indices, np.rint(program.matrix.data).astype(np.int64)
    if (data != program.matrix.data).any():
        raise SolverError("CP-SAT takes whole coefficients", where="Program.matrix", expected="integers")
    for row in range(len(program.lower)):
        span = slice(indptr[row], indptr[row + 1])
        terms = cp_model.LinearExpr.weighted_sum([variables[i] for i in indices[span]], data[span].tolist())
        low, high = (_whole(side[row]) for side in (program.lower, program.upper))
        model.add_linear_constraint(terms, low, high)
    unit = program.step or 1.0 / SCALE
    model.maximize(cp_model.LinearExpr.weighted_sum(variables, np.rint(program.value / unit).astype(np.int64).tolist()))
    if hint is not None:
        for variable, value in zip(variables, np.rint(hint).astype(int).tolist(), strict=True):
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
    bound = solver.best_objective_bound * unit + rounding if known else np.inf  # 0 when it has not begun to search
    return Answer(x, bound, status == cp_model.OPTIMAL)


def _whole(limit: float) -> int:
    """A row's limit as CP-SAT takes it."""
    return int(np.clip(limit, -(2**60), 2**60))
