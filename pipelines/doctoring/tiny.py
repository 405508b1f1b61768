"""Solvers on problems whose answers are known: ``python -m headway.pipelines.doctoring.tiny NAME`` prints a version.

Each solver runs in a process of its own: one that aborts must not take the doctor with it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import version

SIDE = 10  # of a square whose corners are visited; the way around it is 4 sides
CORNERS = ((0, 0), (0, SIDE), (SIDE, SIDE), (SIDE, 0))
DISTANCES = [[abs(a[0] - b[0]) + abs(a[1] - b[1]) for b in CORNERS] for a in CORNERS]


def ortools_routing() -> tuple[float, float, str]:
    """The way around the square."""
    from ortools.constraint_solver import pywrapcp

    manager = pywrapcp.RoutingIndexManager(len(CORNERS), 1, 0)
    model = pywrapcp.RoutingModel(manager)
    model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitMatrix(DISTANCES))
    return model.Solve().ObjectiveValue(), 4 * SIDE, version("ortools")


def cp_sat() -> tuple[float, float, str]:
    """max 5a + 4b, 6a + 5b <= 10 in integers: b = 2."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    a, b = model.new_int_var(0, 10, "a"), model.new_int_var(0, 10, "b")
    model.add(6 * a + 5 * b <= 10)
    model.maximize(5 * a + 4 * b)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.solve(model)
    return solver.objective_value, 8, version("ortools")


def glop() -> tuple[float, float, str]:
    """The same without integers: a = 10/6."""
    return _linear("GLOP", integer=False)


def scip() -> tuple[float, float, str]:
    """The program of `cp_sat`."""
    return _linear("SCIP", integer=True)


def cbc() -> tuple[float, float, str]:
    """The program of `cp_sat`."""
    return _linear("CBC", integer=True)


def highs() -> tuple[float, float, str]:
    """The program of `cp_sat`, with the HiGHS inside OR-Tools."""
    return _linear("HIGHS", integer=True)


def pyvrp() -> tuple[float, float, str]:
    """The way around the square."""
    from pyvrp import Model
    from pyvrp.stop import MaxIterations

    model = Model()
    places = [model.add_location(*corner) for corner in CORNERS]
    depot = model.add_depot(places[0])
    for place in places[1:]:
        model.add_client(place, delivery=1)
    model.add_vehicle_type(1, capacity=3, start_depot=depot, end_depot=depot)
    for i, start in enumerate(places):
        for j, end in enumerate(places):
            model.add_edge(start, end, distance=DISTANCES[i][j])
    return model.solve(MaxIterations(20), seed=0, display=False).cost(), 4 * SIDE, version("pyvrp")


def hgs() -> tuple[float, float, str]:
    """The way around the square."""
    import hygese
    import numpy as np

    x, y = np.array(CORNERS).T
    data = {"x_coordinates": x, "y_coordinates": y, "distance_matrix": np.array(DISTANCES, float),
            "demands": np.array([0, 1, 1, 1]), "vehicle_capacity": 3, "num_vehicles": 1}  # fmt: skip
    parameters = hygese.AlgorithmParameters(timeLimit=0.1)
    found = hygese.Solver(parameters=parameters, verbose=False).solve_cvrp(data).cost
    return found, 4 * SIDE, version("hygese")


def clarabel() -> tuple[float, float, str]:
    """min x^2 - 2x."""
    import clarabel as package
    import numpy as np
    from scipy.sparse import csc_matrix

    settings = package.DefaultSettings()
    settings.verbose = False
    program = (csc_matrix([[2.0]]), np.array([-2.0]), csc_matrix([[-1.0]]), np.array([0.0]))
    found = package.DefaultSolver(*program, [package.NonnegativeConeT(1)], settings).solve()
    return found.obj_val, -1, version("clarabel")


def _linear(name: str, *, integer: bool) -> tuple[float, float, str]:
    from ortools.linear_solver import pywraplp

    solver = pywraplp.Solver.CreateSolver(name)
    a, b = (solver.Var(0, 10, integer, letter) for letter in "ab")
    solver.Add(6 * a + 5 * b <= 10)
    solver.Maximize(5 * a + 4 * b)
    solver.Solve()
    # Those that OR-Tools brings have versions of their own; of HiGHS it says nothing that is right.
    own = solver.SolverVersion().partition(" [")[0] if name in ("SCIP", "CBC") else version("ortools")
    return solver.Objective().Value(), 8 if integer else 50 / 6, own.rpartition(" ")[2]


SOLVERS: dict[str, tuple[str, Callable[[], tuple[float, float, str]]]] = {
    "OR-Tools routing": ("ortools", ortools_routing),
    "CP-SAT": ("ortools", cp_sat),
    "GLOP": ("ortools", glop),
    "SCIP": ("ortools", scip),
    "CBC": ("ortools", cbc),
    "HiGHS": ("ortools", highs),
    "PyVRP": ("pyvrp", pyvrp),
    "HGS": ("hygese", hgs),
    "Clarabel": ("clarabel", clarabel),
}  # name -> the package that brings it, what solves and says what it found, what is right, and the version


def main(name: str) -> None:
    """Print the solver's version, or end badly."""
    found, expected, release = SOLVERS[name][1]()
    if abs(found - expected) > 1e-3:
        raise SystemExit(f"answered {found} instead of {expected}")
    print(f"version: {release}")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
