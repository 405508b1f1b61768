"""Published solutions score exactly their published costs. Needs ../shared; skipped without it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import vrplib

from headway.domains.routing.family.configurations import CVRP, VRPTW
from headway.domains.routing.family.problems import VRP
from headway.domains.routing.family.solution import Routes
from headway.domains.routing.files.load import load


def published(shared, problem="CVRP"):
    with (shared / "open" / "best_known.csv").open() as file:
        return {row["instance"]: float(row["cost"]) for row in csv.DictReader(file) if row["problem"] == problem}


def test_published_solutions_score_their_published_costs(problem, shared):
    """All 35 CVRP instances of sets A, B, E, M, P and X: exactly, and feasible."""
    costs = published(shared)
    assert len(costs) == 35
    for name, cost in costs.items():
        instance = problem.load(shared / "open" / f"{name}.vrp")
        evaluation = problem.evaluate(instance, problem.read_solution(instance, shared / "open" / f"{name}.sol"))
        assert evaluation.feasible.all(), name
        assert evaluation.objective[0] == cost, name
        assert problem.references(instance)["best_known"].value[0] == cost, name


def test_folder_scores_like_its_files(problem, shared):
    """One padded batch of all instances, matrix and plane, from 12 to 350 customers."""
    instance = problem.load(shared / "open")
    names = [str(name) for name in instance.name]
    solutions = [problem.read_solution(instance, shared / "open" / f"{name}.sol") for name in names]
    evaluation = problem.evaluate(instance, Routes.concat(solutions))
    assert evaluation.feasible.all()
    assert evaluation.objective.tolist() == [published(shared)[name] for name in names]


def test_published_solutions_with_time_windows(shared):
    """Solomon's instances: distances cut after one decimal, feasible in time, and with the whole family's rules too."""
    costs = published(shared, "VRPTW")
    assert len(costs) == 6
    for name, cost in costs.items():
        for problem in (VRPTW(), VRP()):
            instance = load(shared / "open" / f"{name}.txt", allowed=problem.rules)
            evaluation = problem.evaluate(instance, problem.read_solution(instance, shared / "open" / f"{name}.sol"))
            assert evaluation.feasible.all(), name
            assert evaluation.objective[0] == pytest.approx(cost, rel=1e-12), name
            assert problem.references(instance)["best_known"].value[0] == cost, name


def test_windows_of_published_files_bind(shared):
    """With real distances the routes of C101 cost 828.94; driven backwards they are late."""
    problem = VRPTW()
    instance = load(shared / "open" / "C101.txt", "float", problem.rules)
    solution = problem.read_solution(instance, shared / "open" / "C101.sol")
    assert problem.evaluate(instance, solution).objective[0] == pytest.approx(828.94, abs=0.005)
    backwards = Routes.of([route[::-1] for route in solution.routes()])
    assert not problem.evaluate(instance, backwards).feasible.any()


def test_files_read_as_vrplib_reads_them(problem, shared):
    """The field's own package sees the same numbers in all of them."""
    for path in sorted((shared / "open").glob("*.vrp")):
        instance, other = problem.load(path), vrplib.read_instance(path, compute_edge_weights=False)
        assert instance.demand[0].tolist() == other["demand"].tolist()
        assert instance.capacity[0] == other["capacity"]
        if "node_coord" in other:
            assert instance.coords[0].tolist() == other["node_coord"].tolist()
    for path in sorted((shared / "open").glob("*.txt")):
        instance, other = load(path), vrplib.read_instance(path, "solomon", compute_edge_weights=False)
        windows = np.stack([instance.earliest[0], instance.latest[0]], axis=1)
        assert instance.demand[0].tolist() == other["demand"].tolist()
        assert windows.tolist() == other["time_window"].tolist()
        assert instance.service[0].tolist() == other["service_time"].tolist()


@pytest.mark.parametrize("customers", [20, 50, 100])
def test_uniform_references(shared, customers):
    """The reference routes of the uniform sets score their stated costs, which have six decimals."""
    problem = CVRP()
    instance = problem.load(shared / f"uniform_cvrp{customers}_seed1234.npz")
    with (shared / f"uniform_cvrp{customers}_seed1234_reference.csv").open() as file:
        rows = list(csv.DictReader(file))
    routes = [[[int(node) for node in route.split("-")] for route in row["routes"].split()] for row in rows]
    evaluation = problem.evaluate(instance, Routes.concat([Routes.of(route) for route in routes]))
    assert evaluation.feasible.all()
    np.testing.assert_allclose(evaluation.objective, [float(row["cost"]) for row in rows], atol=1e-5)
    assert evaluation.metrics["routes"].tolist() == [float(row["num_routes"]) for row in rows]


def test_written_solutions_are_read_by_vrplib(problem, shared, tmp_path: Path):
    """What we write, the field's own reader understands."""
    instance = problem.load(shared / "open" / "P-n16-k8.vrp")
    solution = problem.read_solution(instance, shared / "open" / "P-n16-k8.sol")
    again = vrplib.read_solution(problem.write_solution(instance, solution, tmp_path / "p.sol"))
    assert again["routes"] == solution.routes()
    assert again["cost"] == 450
