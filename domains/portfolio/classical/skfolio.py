"""Any of skfolio's optimisers as a planner: one adapter, fitted at each decision on the days known by then."""

from __future__ import annotations

import dataclasses
import inspect
import warnings
from abc import abstractmethod
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.components import component
from headway.domains.portfolio.classical.estimated import Estimated, Sample
from headway.domains.portfolio.classical.limits import Limits
from headway.domains.portfolio.classical.skfolio_parts import found, made
from headway.errors import SolverError

Floats = NDArray[np.float64]

_PERCENT = 100.0


@component
class Fitted(Estimated):
    """Fits an estimator of skfolio, with the rules for limits as far as it takes them, and orders its weights.

    Limits that it does not take (groups, in the hierarchical ones) the projection of all orders keeps.
    """

    @abstractmethod
    def unfitted(self, sample: Sample) -> Any:
        """An unfitted estimator of skfolio whose weights sum to 1."""

    @property
    def scale(self) -> float:
        """What returns are multiplied with.

        Daily variances of fractions (1e-4) are near the solver's absolute tolerance: weights were off by 5e-4, and
        are by 1e-6 in percent. The named estimators are invariant to the scale of returns.
        """
        return _PERCENT

    def weights(self, sample: Sample) -> Floats:
        assets, limits = len(sample.held), sample.limits
        if limits.cap * assets <= limits.budget * (1 + 1e-9) or assets == 1:
            return np.full(assets, limits.budget / assets)  # nothing is left to choose
        estimator = self.unfitted(sample)
        with warnings.catch_warnings():
            # "Inaccurate" is a solution within Clarabel's reduced tolerance of 5e-5: checked on 320 days of real
            # prices, the risk contributions of such days are as equal (1e-5) as those of the others.
            warnings.filterwarnings("ignore", message=".*inaccurate.*")
            try:
                weights = estimator.fit(self.scale * sample.returns).weights_
            except Exception as error:
                raise SolverError(
                    "skfolio found no weights",
                    where=type(self).__name__,
                    got=f"{type(error).__name__}: {error}",
                    expected="a solution",
                    hint="lengthen lookback, or look at the returns before that date",
                ) from error
        return limits.budget * np.asarray(weights / weights.sum(), np.float64)


@component
class Skfolio(Fitted):
    """An estimator of `skfolio.optimization` by its name, with its own options.

    estimator : name of the class
    options : its parameters; choices by name (``risk_measure: cvar``), parts as mappings with their ``name``
        (``prior_estimator: {name: EmpiricalPrior, covariance_estimator: {name: LedoitWolf}}``)
    percent : fit on returns in percent; false where an option has the unit of returns (``risk_aversion``)

    Raises
    ------
    UnknownNameError
        The class, an option, a choice or a part is none of skfolio's.
    """

    estimator: str = "HierarchicalEqualRiskContribution"
    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    percent: bool = True

    def __post_init__(self) -> None:
        if self.options:  # what is wrong in a configuration is refused now, not in a worker
            made(self._class, self.options, "options")

    @cached_property
    def _class(self) -> type[Any]:
        return found(self.estimator, ("optimization",), "estimator")

    @property
    def scale(self) -> float:
        return _PERCENT if self.percent else 1.0

    def unfitted(self, sample: Sample) -> Any:
        within = bounds if "max_short" in inspect.signature(self._class).parameters else long_only
        limits = accepted(self._class, within(sample.limits))
        if "transaction_costs" in self.options:
            limits |= accepted(self._class, {"previous_weights": sample.held / sample.limits.budget})
        return made(self._class, limits | self.options, "options")


def accepted(kind: type[Any], values: dict[str, Any]) -> dict[str, Any]:
    """Those values that a class has a parameter for."""
    return {key: value for key, value in values.items() if key in inspect.signature(kind).parameters}


def bounds(limits: Limits) -> dict[str, Any]:
    """The rules' limits by the names of skfolio's parameters, on weights that sum to 1, before the budget scales them.

    Where shorts are allowed, limits of groups (on absolute weights) are left to the projection.
    """
    if limits.low == 0:
        return long_only(limits)
    scale = 1 / limits.budget
    cap, leverage = limits.cap * scale, limits.leverage * scale
    # With weights that sum to 1, gross <= leverage is the same as shorts <= (leverage - 1) / 2.
    return {"min_weights": -cap, "max_weights": cap, "max_short": (leverage - 1) / 2}


def long_only(limits: Limits) -> dict[str, Any]:
    """The same for estimators that know no shorts."""
    scale = 1 / limits.budget
    within: dict[str, Any] = {"min_weights": 0.0, "max_weights": min(scale * limits.cap, 1.0)}
    if len(limits.shares):
        within |= {"left_inequality": limits.groups, "right_inequality": scale * limits.shares}
    return within
