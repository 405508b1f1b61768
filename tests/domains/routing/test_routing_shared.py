"""Published solutions score exactly their published costs. Needs ../shared; skipped without it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import vrplib

from headway.domains.routing.family.configurations import CVRP
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.solution import Routes

SOLOMON = ("C101", "C201", "R101", "R201", "RC101", "RC201")


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


@pytest.mark.parametrize("name", SOLOMON)
def test_distances_cut_after_one_decimal(problem, shared, name):
    """Solomon's instances without their time windows: distances and loads of the published routes."""
    read = vrplib.read_instance(shared / "open" / f"{name}.txt", instance_format="solomon")
    nodes = len(read["demand"])
    instance = RoutingInstance(
        capacity=np.array([read["capacity"]]),
        customers=np.array([nodes - 1]),
        convention=np.array(["trunc1"]),
        name=np.array([name]),
        coords=read["node_coord"][None].astype(float),
        demand=read["demand"][None].astype(np.int64),
        matrix=np.zeros((1, 0, 0)),
    )
    evaluation = problem.evaluate(instance, problem.read_solution(instance, shared / "open" / f"{name}.sol"))
    assert evaluation.feasible.all()
    assert evaluation.objective[0] == pytest.approx(published(shared, "VRPTW")[name], rel=1e-12)


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
