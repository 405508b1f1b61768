"""Least mean absolute deviation as a linear program, solved by OR-Tools' GLOP."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component
from headway.domains.portfolio.accounting.rules import Rules
from headway.domains.portfolio.classical.baselines import invested, with_cash
from headway.domains.portfolio.market.instance import PricePath
from headway.errors import SolverError
from headway.policy import Planner

Floats = NDArray[np.float64]


@component
class MAD(Planner[PricePath]):
    """Least mean absolute deviation of the last ``lookback`` daily returns (Konno and Yamazaki 1991).

    Deviations from the mean add up to zero, so half of the paper's rows do: with d = r - mean(r),
    minimise sum y_t subject to y_t >= -d_t . w, y_t >= 0. Weights are long-only, whatever the rules
    allow beyond. Simplex without a time limit: the same view gives the same weights.
    """

    lookback: Annotated[int, Field(ge=21)] = 504

    def plan(self, problem: Any, view: PricePath, state: Any) -> Floats:
        returns = view.returns[0, -self.lookback :]
        try:
            return with_cash(least_deviation(returns - returns.mean(axis=0), problem.rules))
        except SolverError as error:
            error.add_note(f"known until {view.dates[0, -1]}")
            raise


def least_deviation(deviations: Floats, rules: Rules) -> Floats:
    """Weights [N] that minimise sum |deviations @ w| over {0 <= w <= cap, sum w = `invested`}.

    Raises
    ------
    SolverError
        GLOP proves no optimum (with a cap below budget / N there is none).
    """
    from ortools.linear_solver import pywraplp

    solver = pywraplp.Solver.CreateSolver("GLOP")
    budget = invested(rules)
    weights = [solver.NumVar(0.0, rules.cap, "") for _ in range(deviations.shape[1])]
    shortfalls = [solver.NumVar(0.0, solver.infinity(), "") for _ in range(len(deviations))]
    _row(solver, budget, budget, weights, [1.0] * len(weights))
    for shortfall, day in zip(shortfalls, deviations.tolist(), strict=True):
        _row(solver, 0.0, solver.infinity(), [shortfall, *weights], [1.0, *day])
    objective = solver.Objective()
    for shortfall in shortfalls:
        objective.SetCoefficient(shortfall, 1.0)
    objective.SetMinimization()
    status = solver.Solve()
    if status != pywraplp.Solver.OPTIMAL:
        raise SolverError("GLOP found no optimum", where="mad", got=f"status {status}", expected="an optimal basis")
    return np.array([weight.solution_value() for weight in weights])


def _row(solver: Any, low: float, high: float, variables: list[Any], coefficients: list[float]) -> None:
    constraint = solver.Constraint(low, high)
    for variable, coefficient in zip(variables, coefficients, strict=True):
        constraint.SetCoefficient(variable, coefficient)
