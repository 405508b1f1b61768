"""What can be chosen of OR-Tools' routing search, and its form as the library's parameters."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Literal

from ortools.constraint_solver import routing_enums_pb2
from ortools.constraint_solver.pywrapcp import DefaultRoutingSearchParameters
from pydantic import Field

from headway.components import component, knobs
from headway.errors import ConfigError, UnknownNameError

Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, le=1)]
Count = Annotated[int, Field(ge=1)]
FirstSolution = Literal[
    "GLOBAL_CHEAPEST_ARC",
    "LOCAL_CHEAPEST_ARC",
    "PATH_CHEAPEST_ARC",
    "PATH_MOST_CONSTRAINED_ARC",
    "SAVINGS",
    "PARALLEL_SAVINGS",
    "CHRISTOFIDES",
    "PARALLEL_CHEAPEST_INSERTION",
    "SEQUENTIAL_CHEAPEST_INSERTION",
    "LOCAL_CHEAPEST_INSERTION",
    "LOCAL_CHEAPEST_COST_INSERTION",
]
Metaheuristic = Literal["gls", "annealing", "tabu", "generic_tabu", "descent", "none"]
_METAHEURISTICS: dict[Metaheuristic, str] = {
    "gls": "GUIDED_LOCAL_SEARCH",
    "annealing": "SIMULATED_ANNEALING",
    "tabu": "TABU_SEARCH",
    "generic_tabu": "GENERIC_TABU_SEARCH",
    "descent": "GREEDY_DESCENT",
    "none": "AUTOMATIC",
}
_MOVES = ("use_relocate", "use_exchange", "use_cross", "use_two_opt", "use_or_opt", "use_relocate_pair")
_LIMITED = ("use_path_lns", "use_full_path_lns", "use_inactive_lns")  # solve subproblems; others insert greedily
_NEAR = ("use_global_cheapest_insertion_close_nodes_lns", "use_local_cheapest_insertion_close_nodes_lns")
_COSTLY = ("use_global_cheapest_insertion_expensive_chain_lns", "use_local_cheapest_insertion_expensive_chain_lns")
_YES, _NO = 3, 2  # BOOL_TRUE and BOOL_FALSE of the library's OptionalBoolean


@component
class ORToolsKnobs:
    """Parameters of ``RoutingSearchParameters`` (OR-Tools 9.15, ``routing/parameters.proto``), with its defaults.

    Attributes
    ----------
    first_solution : how the start is built. None: GLOBAL_CHEAPEST_ARC, from which guided local search ends clearly
        lower at 100 customers, and no higher at 20 and 50 (docs/routing.md has the figures); where there are windows
        or pairs, of which it soon finds no more, PARALLEL_CHEAPEST_INSERTION
    savings_neighbors_ratio, savings_arc_coefficient : of SAVINGS and PARALLEL_SAVINGS: the share of nodes whose
        savings are looked at, and how much an arc's own cost counts against a saving
    metaheuristic : ``gls`` guided local search (Voudouris and Tsang 1999), ``annealing`` (from the library's fixed
        temperature of 100, in whole-number costs), ``tabu`` over arcs, ``generic_tabu`` over the objective,
        ``descent`` to the first local optimum; ``none`` only the first solution
    gls_lambda : a penalty on an arc, in shares of its cost
    gls_reset : penalties are forgotten at each new best solution
    gls_in_operators : operators that rank arcs rank them with their penalties
    operators : of local search, by the library's names (``{use_cross_exchange: true}``); others as in the library
    neighbors_ratio, min_neighbors : operators insert beside so many of the nearest nodes, a share of all and at least
        so many
    chain_arcs : dearest arcs of a route that ``use_relocate_expensive_chain`` tries
    bandit : operators take turns by what they have gained, not in a fixed order
    bandit_memory, bandit_exploration : weight of the last gain, and of operators seldom tried
    lns_seconds : limit on one large neighbourhood of those that are solved (``use_path_lns``, ``use_full_path_lns``,
        ``use_inactive_lns``); None: what is left of the budget
    lns_nodes : nodes that the ``close_nodes_lns`` operators take out
    lns_arcs : dearest arcs that the ``expensive_chain_lns`` operators try

    Raises
    ------
    UnknownNameError
        There is no such operator.
    ConfigError
        A knob belongs to something that is switched off.
    """

    first_solution: FirstSolution | None = None
    savings_neighbors_ratio: Share = 1.0
    savings_arc_coefficient: Positive = 1.0
    metaheuristic: Metaheuristic = "gls"
    gls_lambda: Positive = 0.1
    gls_reset: bool = False
    gls_in_operators: bool = False
    operators: dict[str, bool] = dataclasses.field(default_factory=dict)
    neighbors_ratio: Share = 1.0
    min_neighbors: Count = 1
    chain_arcs: Annotated[int, Field(ge=2)] = 4
    bandit: bool = False
    bandit_memory: Annotated[float, Field(ge=0, le=1)] = 0.04
    bandit_exploration: Annotated[float, Field(ge=0)] = 1e12
    lns_seconds: Positive | None = None
    lns_nodes: Count = 5
    lns_arcs: Annotated[int, Field(ge=2)] = 4

    def __post_init__(self) -> None:
        known = _operators()
        for name in self.operators:
            if name not in known:
                raise UnknownNameError("operator", name, list(known), where="ortools.operators")
        self._refuse_idle()

    def _refuse_idle(self) -> None:
        """Whoever sets a knob wants it to count."""
        on = {name for name, used in (_operators() | self.operators).items() if used}
        needs = {
            "savings_": (self.first_solution in ("SAVINGS", "PARALLEL_SAVINGS"), "first_solution=SAVINGS"),
            "gls_": (self.metaheuristic == "gls", "metaheuristic=gls"),
            "bandit_": (self.bandit, "bandit=true"),
            "chain_": ("use_relocate_expensive_chain" in on, "operators.use_relocate_expensive_chain=true"),
            "lns_seconds": (on.intersection(_LIMITED), "operators.use_path_lns=true"),
            "lns_nodes": (on.intersection(_NEAR), f"operators.{_NEAR[0]}=true"),
            "lns_arcs": (on.intersection(_COSTLY), f"operators.{_COSTLY[0]}=true"),
        }
        changed = [name for name, field in knobs(type(self)).items() if _differs(getattr(self, name), field)]
        for start, (met, hint) in needs.items():
            for name in changed:
                if name.startswith(start) and not met:
                    raise ConfigError("this changes nothing here", where=f"ortools.{name}", got=getattr(self, name),
                                      expected="what it belongs to, switched on", hint=hint)  # fmt: skip
        if self.metaheuristic != "none" and not on.intersection(_MOVES):
            raise ConfigError("no operator is left that moves a customer", where="ortools.operators",
                              got=self.operators, expected=f"one of {', '.join(_MOVES)}",
                              hint="metaheuristic=none for the first solution alone")  # fmt: skip

    def parameters(self, strategy: FirstSolution) -> Any:
        """``RoutingSearchParameters`` without limits, the start built by ``strategy``."""
        made = DefaultRoutingSearchParameters()
        made.first_solution_strategy = getattr(routing_enums_pb2.FirstSolutionStrategy, strategy)
        made.savings_parameters.neighbors_ratio = self.savings_neighbors_ratio
        made.savings_parameters.arc_coefficient = self.savings_arc_coefficient
        heuristics = routing_enums_pb2.LocalSearchMetaheuristic
        made.local_search_metaheuristic = getattr(heuristics, _METAHEURISTICS[self.metaheuristic])
        made.guided_local_search_lambda_coefficient = self.gls_lambda
        made.guided_local_search_reset_penalties_on_new_best_solution = self.gls_reset
        made.use_guided_local_search_penalties_in_local_search_operators = self.gls_in_operators
        for name, used in self.operators.items():
            setattr(made.local_search_operators, name, _YES if used else _NO)
        made.ls_operator_neighbors_ratio = self.neighbors_ratio
        made.ls_operator_min_neighbors = self.min_neighbors
        made.relocate_expensive_chain_num_arcs_to_consider = self.chain_arcs
        made.use_multi_armed_bandit_concatenate_operators = self.bandit
        made.multi_armed_bandit_compound_operator_memory_coefficient = self.bandit_memory
        made.multi_armed_bandit_compound_operator_exploration_coefficient = self.bandit_exploration
        made.heuristic_close_nodes_lns_num_nodes = self.lns_nodes
        made.heuristic_expensive_chain_lns_num_arcs_to_consider = self.lns_arcs
        return made


def _operators() -> dict[str, bool]:
    """All operators of the library, and whether it uses them by itself."""
    made = DefaultRoutingSearchParameters().local_search_operators
    return {field.name: getattr(made, field.name) == _YES for field in made.DESCRIPTOR.fields}


def _differs(value: Any, field: dataclasses.Field[Any]) -> bool:
    return field.default is not dataclasses.MISSING and value != field.default
