"""Linear programs of supply networks: perfect-information bounds and rolling horizons, their time and their cost.

``python benchmarks/inventory_optimisation.py [programs] [bounds] [decisions] [costs] [-n N]``; all tables by default.
One thread, CPU time. Costs are those of N test instances, beside the best rule on the same ones; the error is that of
the paired difference.
"""

from __future__ import annotations

from timing import print_tables, table, take_turns  # isort: skip  (pins threads before numpy is imported)

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ortools.linear_solver import pywraplp
from ortools.math_opt import callback_pb2, model_parameters_pb2, parameters_pb2
from ortools.math_opt.core.python import solver

from headway import make_problem, rollout
from headway.domains.inventory.optimisation.bound import bounds, foreseen
from headway.domains.inventory.optimisation.mpc import MPC
from headway.domains.inventory.optimisation.network import Network, network_of
from headway.domains.inventory.optimisation.oracle import PerfectInformation
from headway.domains.inventory.optimisation.program import Program, Simplex, message, proven
from headway.domains.inventory.supply.catalogue import CATALOGUE
from headway.solver import Search

Floats = NDArray[np.float64]
Rows = list[dict[str, object]]

SUPPLY = 47.0  # units a period that a scarce supplier delivers to the tree, whose customers ask for 45
TURNS = 5
TUNING, SHIFTS = (
    8,
    np.arange(-1.0, 0.51, 0.25).tolist(),
)  # instances, and shifts of the quantiles that are tried on them
FORECASTS: dict[str, dict[str, Any]] = {
    "mean": {"forecast": "mean", "window": 20},
    "quantile": {"forecast": "quantile", "window": 20},
    "20 scenarios": {"forecast": "scenarios", "window": 10},
}


def main() -> None:
    """Print the tables named on the command line, or all of them."""
    tables = {"programs": programs, "bounds": bound_values, "decisions": decisions, "costs": costs}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=16, help="test instances whose costs are compared")
    print_tables(parser, tables)


# -- time of programs -----------------------------------------------------------------------------
def programs(_: argparse.Namespace) -> None:
    """Building and solving the perfect-information program of the 13-node tree."""
    rows: Rows = []
    for periods in (50, 200):
        path = make_problem("inventory/network", graph=scarce(unit_cost=1.0), horizon=periods, warmup=0, initial=0.0)
        path = path.instances("test", 1)
        network, demand = network_of(path), path.demand[0]
        program = foreseen(path, 0)[1]
        value = Simplex(program).first.value
        arrays: Callable[[], Any] = lambda p=path: foreseen(p, 0)[1]  # type: ignore[misc]  # noqa: E731
        ways: dict[str, tuple[Callable[[], Any], Callable[[Any], float]]] = {
            "ours: arrays, GLOP, certified": (arrays, certified),
            "our arrays, GLOP with presolve": (arrays, lambda x: by(parameters_pb2.SOLVER_TYPE_GLOP, x)),
            "our arrays, HiGHS": (arrays, lambda x: by(parameters_pb2.SOLVER_TYPE_HIGHS, x)),
            "our arrays, PDLP": (arrays, lambda x: by(parameters_pb2.SOLVER_TYPE_PDLP, x)),
        }
        for name in ("GLOP", "CLP"):
            ways[f"naive pywraplp, {name}"] = (lambda n=name, w=network, d=demand: naive(w, d, n), solved)  # type: ignore[misc]
        for name, (build, solve) in ways.items():
            built, total = (milliseconds(f) for f in (build, lambda b=build, s=solve: s(b())))  # type: ignore[misc]
            off = abs(solve(build()) / value - 1)
            row = {"periods": periods, "columns x rows": f"{len(program.cost)} x {len(program.low)}", "way": name}
            row |= {"arrays or objects, ms": f"{built:.2f}", "with solving, ms": f"{total:.1f}"}
            rows.append(row | {"value": f"{value:.4f}", "off by": f"{off:.0e}"})
    table(rows, f"Perfect information, 13-node tree, unit costs, supply of {SUPPLY:.0f} for a demand of 45")


def certified(program: Program) -> float:
    """The proven bound."""
    return proven(program, Simplex(program).first.dual, largest=float(np.abs(program.low).sum()))


def by(kind: int, program: Program) -> float:
    """The optimum that a solver of MathOpt finds for our arrays, with its own defaults."""
    begin, how = parameters_pb2.SolverInitializerProto(), parameters_pb2.SolveParametersProto()
    start, silent = model_parameters_pb2.ModelSolveParametersProto(), callback_pb2.CallbackRegistrationProto()
    found = solver.solve(message(program), kind, begin, how, start, None, silent, None, None)
    return float(found.solutions[0].primal_solution.objective_value)


def naive(network: Network, demand: Floats, name: str) -> Any:
    """The program with one object per variable and row, as `pywraplp` is mostly used."""
    model = pywraplp.Solver.CreateSolver(name)
    periods, nodes, links = range(len(demand)), range(network.size), range(len(network.head))
    ship = [[model.NumVar(0, float(network.capacity[e]), "") for e in links] for _ in periods]
    left = [[model.NumVar(0, model.infinity(), "") for _ in nodes] for _ in periods]
    short = [[model.NumVar(0, float(demand[t, n]), "") for n in nodes] for t in periods]
    for t in periods:
        for n in nodes:
            lead_times = {e: int(network.lead_time[e]) for e in links if network.head[e] == n}
            came = sum(ship[t - lead_time][e] for e, lead_time in lead_times.items() if lead_time <= t)
            sent = sum(ship[t][e] for e in links if network.tail[e] == n)
            before = left[t - 1][n] if t else float(network.stock[n])
            model.Add(left[t][n] == before + came - sent - float(demand[t, n]) + short[t][n])
    held = sum(float(network.holding[n]) * left[t][n] for t in periods for n in nodes)
    lost = sum(float(network.penalty[n]) * short[t][n] for t in periods for n in nodes)
    moved = sum(float(network.unit_cost[e]) * ship[t][e] for t in periods for e in links)
    model.Minimize((held + lost + moved) * (1 / len(demand)))
    return model


def solved(model: Any) -> float:
    """The optimum of a naive model."""
    if (status := model.Solve()) != pywraplp.Solver.OPTIMAL:
        raise RuntimeError(f"no optimum: status {status}")
    return float(model.Objective().Value())


# -- values of bounds -----------------------------------------------------------------------------
def bound_values(given: argparse.Namespace) -> None:
    """What foresight costs, and that its plan reaches the bound."""
    n = given.n
    short: dict[str, Any] = {"horizon": 100, "warmup": 0}
    cases: dict[str, tuple[str, dict[str, Any]]] = {
        "lost sales, L=4": ("inventory/lost_sales", {}),
        "lost sales, L=4, no warm-up": ("inventory/lost_sales", {"warmup": 0}),
        "lost sales, L=2, p=14, fixed cost 5": (
            "inventory/lost_sales",
            {"lead_time": 2, "penalty": 14.0, "fixed": 5.0},
        ),
        "backlog, fixed cost 64": ("inventory/backlog", {"fixed": 64.0}),
        "serial, goods under way cost": ("inventory/serial", {"transit": True}),
        "dual sourcing": ("inventory/dual_sourcing", {}),
        "tree": ("inventory/network", {}),
        "tree, empty at first, no warm-up": ("inventory/network", {**short, "initial": 0.0}),
    }
    rows: Rows = []
    for title, (name, options) in cases.items():
        problem = make_problem(name, **options)
        path = problem.instances("test", n)
        found, took = timed(lambda p=path: bounds(p))  # type: ignore[misc]
        oracle = [PerfectInformation().solve(problem, path[i], Search()) for i in range(4)]
        reached = [problem.evaluate(path[i], x).objective[0] for i, x in enumerate(oracle)]
        row = {"problem": title, "periods": path.demand.shape[1], "bound, mean": f"{found.mean():.4f}"}
        row |= {"bound, first 4": f"{found[:4].mean():.4f}", "plan with foresight, these 4": f"{np.mean(reached):.4f}"}
        rows.append(row | {"ms an instance": f"{1000 * took / n:.2f}"})
    table(rows, f"Bounds of {n} test instances")
    rows = []
    for title, options in {"no fixed cost": {}, "fixed cost 5": {"fixed": 5.0}}.items():
        for periods in (500, 2000):
            path = make_problem("inventory/lost_sales", horizon=periods, **options).instances("test", 64)
            _, took = timed(lambda p=path: bounds(p))  # type: ignore[misc]
            rows.append({"items": title, "rows x periods": f"64 x {periods}", "ms for all": f"{1000 * took:.1f}"})
    table(rows, "Bounds of single items")


# -- time of decisions ----------------------------------------------------------------------------
def decisions(_: argparse.Namespace) -> None:
    """CPU time of one decision on the 13-node tree."""
    problem = make_problem("inventory/network", horizon=30, warmup=0)
    path = problem.instances("test", 1)
    network, mean = network_of(path), path.demand[0].mean(axis=0)
    rows: Rows = []
    for window in (10, 20):
        ways: dict[str, Callable[[], int]] = {}
        for name, knobs in FORECASTS.items():
            planner = MPC(**knobs | {"window": window})
            rollout(problem.environment(), planner, path)  # builds the model
            ways[f"ours, {name}"] = lambda p=planner: len(rollout(problem.environment(), p, path).decisions[0])  # type: ignore[misc]
        again = np.tile(mean, (window, 1))
        ways["naive pywraplp, mean"] = lambda d=again: int(solved(naive(network, d, "GLOP")) >= 0)  # type: ignore[misc]
        for name, rate in take_turns(ways, TURNS).items():
            rows.append({"window": window, "planner": name, "ms a decision": f"{1000 / rate:.2f}"})
    table(rows, "Rolling horizon on the 13-node tree: everything from view to decision, and the environment's step")


# -- costs ----------------------------------------------------------------------------------------
def costs(given: argparse.Namespace) -> None:
    """Mean cost of the planners beside that of the best rule."""
    n = given.n
    long: dict[str, Any] = {"horizon": 300, "warmup": 60}
    cases: dict[str, tuple[str, dict[str, Any], str]] = {
        "tree": ("inventory/network", {}, "echelon_base_stock"),
        f"tree, supply {SUPPLY:.0f}": ("inventory/network", {"graph": scarce()}, "echelon_base_stock"),
        "diamond": ("inventory/network", {"graph": "diamond"}, "echelon_base_stock"),
        "two warehouses": ("inventory/network", {"graph": "two_warehouses"}, "echelon_base_stock"),
        "one warehouse, 5 stores": ("inventory/one_warehouse", {}, "echelon_base_stock"),
        "serial": ("inventory/serial", {}, "echelon_base_stock"),
        "dual sourcing": ("inventory/dual_sourcing", {}, "capped_dual_index"),
        "lost sales, L=4, p=9": ("inventory/lost_sales", long, "capped_base_stock"),
        "backlog, L=4, p=9": ("inventory/backlog", long, "base_stock"),
    }
    rows: Rows = []
    for title, (name, options, rule) in cases.items():
        problem = make_problem(name, **options)
        path = problem.instances("test", n)
        best = cost(problem, problem.baseline(rule), path)
        row: dict[str, object] = {"problem": title, "best rule": f"{rule.replace('_', ' ')} {best.mean():.3f}"}
        planners = {name: MPC(**knobs) for name, knobs in FORECASTS.items()} | {"quantile, shifted": shifted(problem)}
        for forecast, planner in planners.items():
            more = cost(problem, planner, path) - best
            error = more.std(ddof=1) / np.sqrt(n)
            row[f"MPC, {forecast}"] = f"{(best + more).mean():.3f} ({more.mean():+.3f} ± {error:.3f})"
        row["shift"] = f"{planners['quantile, shifted'].shift:+.2f}"
        rows.append(row)
    table(rows, f"Cost per period on {n} test instances (in brackets: more than the rule's, ± standard error)")


def shifted(problem: Any) -> MPC:
    """The quantile planner with the best shift of its levels on tuning instances, as the rules are tuned."""
    path = problem.instances("tuning", TUNING)
    planners = [MPC(**FORECASTS["quantile"] | {"shift": shift}) for shift in SHIFTS]
    return min(planners, key=lambda planner: cost(problem, planner, path).mean())


def cost(problem: Any, policy: Any, path: Any) -> Floats:
    """Objectives of a policy or planner."""
    scored = problem.evaluate(path, rollout(problem.environment(), policy, path).solution)
    if not scored.feasible.all():
        raise RuntimeError(f"infeasible: {scored.violations}")
    return np.asarray(scored.objective)


def scarce(unit_cost: float = 0.0) -> dict[str, Any]:
    """The tree with little supply, and with dear links: without both, foresight costs next to nothing."""
    data = CATALOGUE["tree"]()
    for link in data["edges"]:
        link["unit_cost"] = unit_cost
    data["edges"][0]["capacity"] = SUPPLY
    return data


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What ``work`` gives, and its CPU-seconds: the least of some turns."""
    best = np.inf
    for _ in range(TURNS):
        began = time.process_time()
        given = work()
        best = min(best, time.process_time() - began)
    return given, best


def milliseconds(work: Callable[[], Any]) -> float:
    """CPU time of ``work``, the least of some turns."""
    return 1000 * timed(work)[1]


if __name__ == "__main__":
    main()
