"""What can be chosen of PyVRP's iterated local search, and its form as the package's parameters."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

import pyvrp
import pyvrp.search
from pydantic import Field
from pyvrp.IteratedLocalSearch import IteratedLocalSearchCallbacks, IteratedLocalSearchParams

from headway.components import component
from headway.errors import ConfigError, UnknownNameError

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Number = Annotated[float, Field(ge=0)]
LEFT_OUT = ("Swap22",)  # of the package's operators, unless they are asked for
_MOVES = ("Relocate1", "Relocate2", "Relocate3", "Swap11", "SwapTails", "RelocateShipment")


@component
class PyVRPKnobs:
    """Parameters of ``pyvrp.SolveParams`` (PyVRP 0.14), with its names.

    Defaults are the package's but for what `headway tune` found on tuning instances of CVRP with 100 customers, at a
    CPU-second each (docs/tune.md), rounded.

    Attributes
    ----------
    num_iters_no_improvement : iterations without a better solution after which the search goes back to its best
    history_length : of late acceptance (Burke and Bykov 2017): an answer may be as dear as so many iterations ago
    exhaustive_on_best : each new best solution is descended from with all neighbours, not only changed ones
    solutions_between_updates : solutions after which penalties are set anew
    penalty_increase, penalty_decrease : factors, where fewer or more than ``target_feasible`` of them were feasible
    target_feasible, feas_tolerance : share of feasible solutions that is aimed at, and what is near enough
    min_penalty, max_penalty : per unit of excess; they start in the middle
    num_neighbours : size of the granular neighbourhood
    weight_wait_time : of waiting in the distance of two customers, where there are windows
    symmetric_proximity : a leg is as near as its reverse
    min_perturbations, max_perturbations : neighbourhoods that are torn up or filled in an iteration, drawn between
    operators : of local search, by the package's names (``{SwapTails: false, Relocate3: true}``); others as in the
        package, Swap22 left out

    Raises
    ------
    UnknownNameError
        There is no such operator.
    ConfigError
        A least number is above the largest, or no operator is left that moves a customer.
    """

    num_iters_no_improvement: Count = 7_500
    history_length: Count = 400
    exhaustive_on_best: bool = True
    solutions_between_updates: Count = 100
    penalty_increase: Annotated[float, Field(ge=1)] = 2.3
    penalty_decrease: Share = 0.75
    target_feasible: Share = 0.8
    feas_tolerance: Share = 0.05
    min_penalty: Number = 0.1
    max_penalty: Number = 700_000.0
    num_neighbours: Count = 20
    weight_wait_time: Number = 0.2
    symmetric_proximity: bool = True
    min_perturbations: Annotated[int, Field(ge=0)] = 1
    max_perturbations: Count = 11
    operators: dict[str, bool] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        for low, high in (("min_penalty", "max_penalty"), ("min_perturbations", "max_perturbations")):
            if getattr(self, low) > getattr(self, high):
                raise ConfigError("the least is above the largest", where=f"pyvrp.{low}", got=getattr(self, low),
                                  expected=f"at most {high}, {getattr(self, high)}")  # fmt: skip
        known = _operators()
        for name in self.operators:
            if name not in known:
                raise UnknownNameError("operator", name, list(known), where="pyvrp.operators")
        if not {operator.__name__ for operator in self._used}.intersection(_MOVES):
            raise ConfigError("no operator is left that moves a customer", where="pyvrp.operators", got=self.operators,
                              expected=f"one of {', '.join(_MOVES)}")  # fmt: skip

    @property
    def _used(self) -> list[type[Any]]:
        package = {operator.__name__: True for operator in pyvrp.search.OPERATORS}
        usual = package | dict.fromkeys(LEFT_OUT, False) | self.operators
        return [operator for name, operator in _operators().items() if usual.get(name)]

    def parameters(self, callbacks: IteratedLocalSearchCallbacks) -> pyvrp.SolveParams:
        """All of it; ``callbacks`` hear of what is found."""
        search = IteratedLocalSearchParams(
            self.num_iters_no_improvement, self.history_length, self.exhaustive_on_best, callbacks
        )
        penalty = pyvrp.PenaltyParams(
            solutions_between_updates=self.solutions_between_updates,
            penalty_increase=self.penalty_increase,
            penalty_decrease=self.penalty_decrease,
            target_feasible=self.target_feasible,
            feas_tolerance=self.feas_tolerance,
            min_penalty=self.min_penalty,
            max_penalty=self.max_penalty,
        )
        near = pyvrp.search.NeighbourhoodParams(self.weight_wait_time, self.num_neighbours, self.symmetric_proximity)
        torn = pyvrp.search.PerturbationParams(self.min_perturbations, self.max_perturbations)
        return pyvrp.SolveParams(search, penalty, near, self._used, perturbation=torn)


def _operators() -> dict[str, type[Any]]:
    """All operators of the package by name, in its own order; those it leaves out come last."""
    kinds = (pyvrp.search.UnaryOperator, pyvrp.search.BinaryOperator)
    every = [
        kind
        for kind in vars(pyvrp.search).values()
        if isinstance(kind, type) and issubclass(kind, kinds) and kind not in kinds
    ]
    return {kind.__name__: kind for kind in dict.fromkeys([*pyvrp.search.OPERATORS, *every])}
