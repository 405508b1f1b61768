"""Linear programs as arrays, and OR-Tools' simplex (GLOP) kept alive to solve them again with other bounds.

The arrays become MathOpt's column-wise messages as they are, with no object per variable or row, and a change
of bounds sends the changed numbers only (benchmarks/inventory_optimisation.py has pywraplp's time beside it).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.errors import SolverError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ROUNDING = 1e-12  # relative error that sums of a few thousand float64 stay well below


class Program(NamedTuple):
    """Minimise ``cost @ x`` subject to ``low <= A @ x <= high`` and ``0 <= x <= upper``.

    A has the entry ``value[k]`` in row ``row[k]`` and column ``column[k]``, each place at most once.
    cost, upper : float64 [n]; low, high : float64 [m]; row, column : int64 [K]; value : float64 [K]
    """

    cost: Floats
    upper: Floats
    low: Floats
    high: Floats
    row: Ints
    column: Ints
    value: Floats


class Optimum(NamedTuple):
    """Objective, x [n], and one multiplier per row [m]."""

    value: float
    x: Floats
    dual: Floats


class Simplex:
    """A program in GLOP. It is solved from scratch once, and then with other bounds from that first basis.

    To begin each time from the basis of the first solve, not the last, costs nothing measurable, and makes the
    answer (of several optimal ones) a function of the bounds alone, whatever has been solved in between. After a
    change of bounds that basis is still dual feasible, so the dual simplex resumes from it (Koberstein 2005).
    Presolve is off: it takes longer than the simplex does here, and would throw the basis away.
    """

    def __init__(self, program: Program) -> None:
        from ortools.math_opt import callback_pb2, model_parameters_pb2, parameters_pb2
        from ortools.math_opt.core.python import solver

        kind, nothing = parameters_pb2.SOLVER_TYPE_GLOP, parameters_pb2.SolverInitializerProto()
        self._sent, self._solver = program, solver.new(kind, message(program), nothing)
        self._silent = callback_pb2.CallbackRegistrationProto()
        self._start = model_parameters_pb2.ModelSolveParametersProto()
        self._parameters = parameters_pb2.SolveParametersProto(presolve=parameters_pb2.EMPHASIS_OFF)
        self._parameters.lp_algorithm = parameters_pb2.LP_ALGORITHM_PRIMAL_SIMPLEX
        first = self._solved()
        self.first = _optimum(first)
        self._parameters.lp_algorithm = parameters_pb2.LP_ALGORITHM_DUAL_SIMPLEX
        self._start.initial_basis.CopyFrom(first.basis)

    def solve(self, *, low: Floats, high: Floats, upper: Floats) -> Optimum:
        """The optimum with these bounds instead.

        Raises
        ------
        SolverError
            GLOP proves no optimum.
        """
        from ortools.math_opt import model_update_pb2

        update = model_update_pb2.ModelUpdateProto()
        _put(update.linear_constraint_updates.lower_bounds, self._sent.low, low)
        _put(update.linear_constraint_updates.upper_bounds, self._sent.high, high)
        _put(update.variable_updates.upper_bounds, self._sent.upper, upper)
        if not self._solver.update(update):
            raise SolverError("GLOP refuses new bounds", where="optimisation")
        self._sent = self._sent._replace(low=low, high=high, upper=upper)
        return _optimum(self._solved())

    def _solved(self) -> Any:
        from ortools.math_opt import result_pb2

        result = self._solver.solve(self._parameters, self._start, None, self._silent, None, None)
        if result.termination.reason != result_pb2.TERMINATION_REASON_OPTIMAL:
            got = f"{result_pb2.TerminationReasonProto.Name(result.termination.reason)} {result.termination.detail}"
            raise SolverError("GLOP found no optimum", where="optimisation", got=got, expected="an optimal basis")
        return result.solutions[0]


def proven(program: Program, dual: Floats, largest: float) -> float:
    """A lower bound on the program's optimum from any multipliers [m] (weak duality), rounding errors included.

    Multipliers out of floating-point simplex are dual feasible only nearly. A reduced cost below zero
    is charged at the largest value that its variable takes in some optimal solution: ``upper``, or ``largest``.
    """
    bound = np.where(dual > 0, program.low, program.high)
    dual = np.where(np.isfinite(bound), dual, 0.0)
    rows = dual * np.where(np.isfinite(bound), bound, 0.0)
    priced = np.bincount(program.column, program.value * dual[program.row], len(program.cost))
    missing = np.minimum(program.cost - priced, 0.0) * np.minimum(program.upper, largest)
    return float(rows.sum() + missing.sum() - _ROUNDING * (np.abs(rows).sum() - missing.sum()))


def message(program: Program) -> Any:
    """The program as a `ModelProto` of MathOpt, ready for any of its solvers."""
    from ortools.math_opt import model_pb2

    model = model_pb2.ModelProto()
    columns, rows, entries = model.variables, model.linear_constraints, model.linear_constraint_matrix
    columns.ids.extend(range(len(program.cost)))
    columns.lower_bounds.extend([0.0] * len(program.cost))
    columns.upper_bounds.extend(program.upper.tolist())
    columns.integers.extend([False] * len(program.cost))
    rows.ids.extend(range(len(program.low)))
    rows.lower_bounds.extend(program.low.tolist())
    rows.upper_bounds.extend(program.high.tolist())
    order = np.lexsort((program.column, program.row))  # MathOpt wants entries by row, then column
    entries.row_ids.extend(program.row[order].tolist())
    entries.column_ids.extend(program.column[order].tolist())
    entries.coefficients.extend(program.value[order].tolist())
    _put(model.objective.linear_coefficients, np.zeros_like(program.cost), program.cost)
    return model


def _put(vector: Any, old: Floats, new: Floats) -> None:
    """Fill a sparse vector of MathOpt with the numbers that have changed."""
    changed = np.flatnonzero(new != old)
    vector.ids.extend(changed.tolist())
    vector.values.extend(new[changed].tolist())


def _optimum(solution: Any) -> Optimum:
    primal, dual = solution.primal_solution, solution.dual_solution
    return Optimum(primal.objective_value, np.array(primal.variable_values.values), np.array(dual.dual_values.values))
