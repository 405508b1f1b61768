"""Parameters of OR-Tools and PyVRP: what was not tuned is the libraries', values reach them, idle ones are refused."""

from __future__ import annotations

import pytest
import pyvrp
from ortools.constraint_solver.pywrapcp import DefaultRoutingSearchParameters

from headway.domains.routing.classical.ortools import ORTools, ORToolsFirst
from headway.domains.routing.classical.pyvrp import PyVRP
from headway.errors import ConfigError, UnknownNameError
from headway.registry import make_problem
from headway.solver import Budget, Search

VARIANTS = ["cvrp", "vrptw", "pdp", "mdvrp", "vrpb", "ovrp", "vrpl", "pcvrp", "tsp"]
FAR = {
    "ortools": {
        "first_solution": "SAVINGS",
        "savings_neighbors_ratio": 0.5,
        "gls_lambda": 0.3,
        "gls_reset": True,
        "gls_in_operators": True,
        "operators": {"use_lin_kernighan": False, "use_cross_exchange": True, "use_path_lns": True},
        "neighbors_ratio": 0.5,
        "min_neighbors": 10,
        "chain_arcs": 6,
        "bandit": True,
        "bandit_memory": 0.2,
        "lns_seconds": 0.01,
    },
    "pyvrp": {
        "num_iters_no_improvement": 200,
        "history_length": 50,
        "exhaustive_on_best": False,
        "solutions_between_updates": 50,
        "penalty_increase": 1.2,
        "penalty_decrease": 0.5,
        "target_feasible": 0.4,
        "num_neighbours": 20,
        "weight_wait_time": 1.0,
        "symmetric_proximity": False,
        "min_perturbations": 2,
        "max_perturbations": 10,
        "operators": {"Swap22": False, "Relocate3": True},
    },
}


def solved(problem, name, options, cpu=0.08):
    """Whether there is an answer that keeps all rules."""
    instance = problem.instances("test", 1)
    found = problem.baseline(name, **options).solve(problem, instance, Search(budget=Budget(cpu=cpu)))
    return found is not None and problem.evaluate(instance, found).feasible.all()


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", ["ortools", "pyvrp"])
def test_every_variant_with_all_knobs_turned(variant, name):
    assert solved(make_problem(f"routing/{variant}", customers=12), name, FAR[name])


@pytest.mark.parametrize("metaheuristic", ["annealing", "tabu", "generic_tabu", "descent", "none"])
def test_metaheuristics(metaheuristic):
    assert solved(make_problem("routing/cvrp", customers=12), "ortools", {"metaheuristic": metaheuristic}, cpu=0.03)


def test_descent_ends_by_itself():
    """At its first local optimum, long before the budget."""
    problem = make_problem("routing/cvrp", customers=12)
    search = Search(budget=Budget(cpu=60.0))
    problem.baseline("ortools", metaheuristic="descent").solve(problem, problem.instances("test", 1), search)
    assert search.left > 30


def test_defaults_are_the_libraries():
    """Beyond the start and guided local search, nothing is set unless somebody sets it."""
    ours, theirs = ORTools().parameters("SAVINGS"), DefaultRoutingSearchParameters()
    theirs.first_solution_strategy, theirs.local_search_metaheuristic = (
        ours.first_solution_strategy,
        ours.local_search_metaheuristic,
    )
    assert ours == theirs


def test_what_is_not_tuned_is_as_pyvrp_has_it():
    """Its own defaults where tuning changed ours, and both are the same."""
    package = pyvrp.SolveParams()
    tuned = {
        "num_iters_no_improvement": package.ils.num_iters_no_improvement,
        "history_length": package.ils.history_length,
        "solutions_between_updates": package.penalty.solutions_between_updates,
        "penalty_increase": package.penalty.penalty_increase,
        "penalty_decrease": package.penalty.penalty_decrease,
        "target_feasible": package.penalty.target_feasible,
        "max_penalty": package.penalty.max_penalty,
        "num_neighbours": package.neighbourhood.num_neighbours,
        "max_perturbations": package.perturbation.max_perturbations,
        "operators": {"Swap22": True},
    }
    ours = PyVRP()
    assert all(getattr(ours, knob) != value for knob, value in tuned.items())
    assert PyVRP(**tuned).parameters(None) == package


def test_values_reach_ortools():
    made = ORTools(**FAR["ortools"]).parameters("SAVINGS")
    operators = made.local_search_operators
    assert made.savings_parameters.neighbors_ratio == 0.5
    assert made.guided_local_search_lambda_coefficient == 0.3
    assert made.guided_local_search_reset_penalties_on_new_best_solution
    assert made.use_guided_local_search_penalties_in_local_search_operators
    assert (operators.use_lin_kernighan, operators.use_cross_exchange, operators.use_path_lns) == (2, 3, 3)
    assert (made.ls_operator_neighbors_ratio, made.ls_operator_min_neighbors) == (0.5, 10)
    assert made.relocate_expensive_chain_num_arcs_to_consider == 6
    assert made.use_multi_armed_bandit_concatenate_operators
    assert made.multi_armed_bandit_compound_operator_memory_coefficient == 0.2


def test_values_reach_pyvrp():
    made = PyVRP(**FAR["pyvrp"]).parameters(None)
    assert (made.ils.num_iters_no_improvement, made.ils.history_length, made.ils.exhaustive_on_best) == (200, 50, False)
    assert (made.penalty.solutions_between_updates, made.penalty.target_feasible) == (50, 0.4)
    assert (made.neighbourhood.num_neighbours, made.neighbourhood.weight_wait_time) == (20, 1.0)
    assert not made.neighbourhood.symmetric_proximity
    assert (made.perturbation.min_perturbations, made.perturbation.max_perturbations) == (2, 10)
    names = [operator.__name__ for operator in made.operators]
    assert "Relocate3" in names
    assert "Swap22" not in names
    assert names[0] == "Relocate1"  # the package's own order is kept


@pytest.mark.parametrize(
    ("kind", "options", "said"),
    [
        (ORTools, {"savings_arc_coefficient": 2.0}, "first_solution=SAVINGS"),
        (ORTools, {"metaheuristic": "tabu", "gls_lambda": 0.2}, "metaheuristic=gls"),
        (ORToolsFirst, {"gls_reset": True}, "metaheuristic=gls"),
        (ORTools, {"bandit_memory": 0.2}, "bandit=true"),
        (ORTools, {"operators": {"use_relocate_expensive_chain": False}, "chain_arcs": 5}, "use_relocate_expensive"),
        (ORTools, {"lns_seconds": 0.1}, "use_path_lns"),
        (ORTools, {"lns_nodes": 8}, "close_nodes_lns"),
        (ORTools, {"lns_arcs": 8}, "expensive_chain_lns"),
        (PyVRP, {"min_perturbations": 30}, "max_perturbations"),
        (PyVRP, {"max_penalty": 0.01}, "max_penalty"),
    ],
)
def test_what_would_change_nothing_is_refused(kind, options, said):
    with pytest.raises(ConfigError, match=said):
        kind(**options)


@pytest.mark.parametrize("kind", [ORTools, PyVRP])
def test_operators_are_known_and_some_are_left(kind):
    """A typing error is refused with the nearest name; so is a search that moves nobody."""
    with pytest.raises(UnknownNameError, match=r"use_two_opt|SwapTails"):
        kind(operators={"use_two_op": True} if kind is ORTools else {"SwapTail": True})
    moves = {
        ORTools: ["use_relocate", "use_exchange", "use_cross", "use_two_opt", "use_or_opt", "use_relocate_pair"],
        PyVRP: ["Relocate1", "Relocate2", "Swap11", "SwapTails", "RelocateShipment"],
    }
    with pytest.raises(ConfigError, match="no operator is left"):
        kind(operators=dict.fromkeys(moves[kind], False))
