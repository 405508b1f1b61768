"""skfolio's optimisers as planners: one adapter, fitted at each decision on the days known by then."""

from __future__ import annotations

import warnings
from abc import abstractmethod
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

# Daily variances of fractions (1e-4) are near the solver's absolute tolerance: weights were off by 5e-4, and
# are by 1e-6 in percent. All estimators here are invariant to the scale of returns.
_PERCENT = 100.0


@component
class Skfolio(Planner[PricePath]):
    """Fits an estimator of skfolio on the last ``lookback`` daily returns and orders its weights.

    Stateless: each plan depends on the view alone, so that it can be repeated and needs no `fit`.

    Raises
    ------
    SolverError
        The estimator found no solution; nothing is put in its place.
    """

    lookback: Annotated[int, Field(ge=21)] = 504

    @abstractmethod
    def estimator(self, returns: Floats, rules: Rules) -> Any:
        """An unfitted skfolio estimator for simple returns [T, N] under the problem's rules."""

    def plan(self, problem: Any, view: PricePath, state: Any) -> Floats:
        returns = view.returns[0, -self.lookback :]
        with warnings.catch_warnings():
            # "Inaccurate" is a solution within Clarabel's reduced tolerance of 5e-5: checked on 320 days of real
            # prices, the risk contributions of such days are as equal (1e-5) as those of the others.
            warnings.filterwarnings("ignore", message=".*inaccurate.*")
            try:
                weights = self.estimator(returns, problem.rules).fit(_PERCENT * returns).weights_
            except Exception as error:
                raise SolverError(
                    "skfolio found no weights",
                    where=f"{type(self).__name__}, known until {view.dates[0, -1]}",
                    got=f"{type(error).__name__}: {error}",
                    expected="a solution",
                    hint="lengthen lookback, or look at the returns before that date",
                ) from error
        return with_cash(invested(problem.rules) * np.asarray(weights / weights.sum(), np.float64))


@component
class MinimumVariance(Skfolio):
    """Least sample variance, fully invested within the rules (Markowitz 1952)."""

    def estimator(self, returns: Floats, rules: Rules) -> Any:
        from skfolio.optimization import MeanRisk

        return MeanRisk(**bounds(rules))


@component
class MeanVariance(Skfolio):
    """Largest ratio of sample mean to deviation: the tangency portfolio (Markowitz 1952, Tobin 1958).

    Where no asset has a positive mean there is none; least variance is ordered then.
    """

    def estimator(self, returns: Floats, rules: Rules) -> Any:
        from skfolio.optimization import MeanRisk, ObjectiveFunction

        ratio, risk = ObjectiveFunction.MAXIMIZE_RATIO, ObjectiveFunction.MINIMIZE_RISK
        return MeanRisk(objective_function=ratio if (returns.mean(axis=0) > 0).any() else risk, **bounds(rules))


@component
class RiskParity(Skfolio):
    """Every asset contributes the same variance (Maillard, Roncalli and Teiletche 2010); long-only."""

    def estimator(self, returns: Floats, rules: Rules) -> Any:
        from skfolio.optimization import RiskBudgeting

        return RiskBudgeting(min_weights=0.0, max_weights=min(rules.cap / invested(rules), 1.0))


@component
class HRP(Skfolio):
    """Hierarchical risk parity (Lopez de Prado 2016); long-only.

    ``linkage``: how clusters are joined; single is the paper's. It alone moves the net Sharpe ratio
    by 0.05 on the bundled data, so "HRP" without it names no method. skfolio also orders the leaves
    optimally, which the paper does not: its weights differ from other implementations'.
    """

    linkage: Annotated[str, Field(pattern="^(single|complete|average|ward)$")] = "single"

    def estimator(self, returns: Floats, rules: Rules) -> Any:
        from skfolio.cluster import HierarchicalClustering, LinkageMethod
        from skfolio.optimization import HierarchicalRiskParity
        from skfolio.seriation import HierarchicalSeriation

        clusters = HierarchicalClustering(linkage_method=LinkageMethod(self.linkage))
        return HierarchicalRiskParity(
            seriation_estimator=HierarchicalSeriation(hierarchical_clustering_estimator=clusters),
            min_weights=0.0,
            max_weights=min(rules.cap / invested(rules), 1.0),
        )


def bounds(rules: Rules) -> dict[str, Any]:
    """The rules as constraints of skfolio's `MeanRisk` on weights that sum to 1, before `invested` scales them."""
    scale = 1 / invested(rules)
    cap, leverage = rules.cap * scale, rules.leverage * scale
    if rules.long_only:
        return {"min_weights": 0.0, "max_weights": min(cap, 1.0)}
    # With weights that sum to 1, gross <= leverage is the same as shorts <= (leverage - 1) / 2.
    return {"min_weights": -cap, "max_weights": cap, "max_short": (leverage - 1) / 2}
