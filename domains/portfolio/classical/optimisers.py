"""The optimisers that every comparison knows, as skfolio solves them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from headway.components import component
from headway.domains.portfolio.classical.estimated import Sample
from headway.domains.portfolio.classical.linear import largest_mean
from headway.domains.portfolio.classical.skfolio import Fitted, bounds, long_only

Covariance = Literal["sample", "ledoit_wolf"]  # the latter shrunk towards a multiple of the identity (2004)
_FLAT = 1e-8  # a daily mean that is not told from none


@component
class MinimumVariance(Fitted):
    """Least variance, fully invested within the rules (Markowitz 1952).

    covariance : the sample's, or shrunk towards a multiple of the identity (Ledoit and Wolf 2004)
    """

    covariance: Covariance = "sample"

    def unfitted(self, sample: Sample) -> Any:
        from skfolio.optimization import MeanRisk

        return MeanRisk(prior_estimator=prior(self.covariance), **bounds(sample.limits))


@component
class ShrunkMinimumVariance(MinimumVariance):
    """Least variance by a covariance matrix shrunk towards a multiple of the identity (Ledoit and Wolf 2004)."""

    covariance: Covariance = "ledoit_wolf"


@component
class MeanVariance(Fitted):
    """Largest ratio of sample mean to deviation: the tangency portfolio (Markowitz 1952, Tobin 1958).

    Where no weights within the rules have a positive mean there is none: with limits on assets or groups that is so
    even where some asset has one, and the program of the ratio is infeasible. Least variance is ordered then.

    risk_aversion : None: the ratio; else the mean less so many variances is largest (half of one: nearly log utility)
    covariance : as of `MinimumVariance`
    """

    risk_aversion: Annotated[float, Field(gt=0)] | None = None
    covariance: Covariance = "sample"

    def unfitted(self, sample: Sample) -> Any:
        from skfolio.optimization import MeanRisk, ObjectiveFunction

        options: dict[str, Any] = {"objective_function": ObjectiveFunction.MINIMIZE_RISK}
        if self.risk_aversion is not None:
            options["objective_function"] = ObjectiveFunction.MAXIMIZE_UTILITY
            options["risk_aversion"] = self.risk_aversion / self.scale  # variances grow with its square, means do not
        elif largest_mean(sample.limits, sample.returns.mean(axis=0)) > _FLAT:
            options["objective_function"] = ObjectiveFunction.MAXIMIZE_RATIO
        return MeanRisk(prior_estimator=prior(self.covariance), **options, **bounds(sample.limits))


@component
class CVaR(Fitted):
    """Least mean loss of the worst 5 % of days (Rockafellar and Uryasev 2000), as a conic program.

    `cvar_lp` is the same by OR-Tools.
    """

    def unfitted(self, sample: Sample) -> Any:
        from skfolio import RiskMeasure
        from skfolio.optimization import MeanRisk

        return MeanRisk(risk_measure=RiskMeasure.CVAR, **bounds(sample.limits))


@component
class MaximumDiversification(Fitted):
    """Largest ratio of the weighted mean of deviations to the portfolio's (Choueifaty and Coignard 2008)."""

    def unfitted(self, sample: Sample) -> Any:
        from skfolio.optimization import MaximumDiversification as Estimator

        return Estimator(**bounds(sample.limits))


@component
class RiskParity(Fitted):
    """Every asset contributes the same variance (Maillard, Roncalli and Teiletche 2010); long-only."""

    def unfitted(self, sample: Sample) -> Any:
        from skfolio.optimization import RiskBudgeting

        return RiskBudgeting(**long_only(sample.limits))


@component
class HRP(Fitted):
    """Hierarchical risk parity (Lopez de Prado 2016); long-only, groups are left to the projection.

    ``linkage``: how clusters are joined; single is the paper's. It alone moves the net Sharpe ratio
    by 0.05 on the bundled data, so "HRP" without it names no method. skfolio also orders the leaves
    optimally, which the paper does not: its weights differ from other implementations'.
    """

    linkage: Annotated[str, Field(pattern="^(single|complete|average|ward)$")] = "single"

    def unfitted(self, sample: Sample) -> Any:
        from skfolio.cluster import HierarchicalClustering, LinkageMethod
        from skfolio.optimization import HierarchicalRiskParity
        from skfolio.seriation import HierarchicalSeriation

        clusters = HierarchicalClustering(linkage_method=LinkageMethod(self.linkage))
        return HierarchicalRiskParity(
            seriation_estimator=HierarchicalSeriation(hierarchical_clustering_estimator=clusters),
            min_weights=0.0,
            max_weights=long_only(sample.limits)["max_weights"],
        )


def prior(covariance: Covariance) -> Any:
    """Means of the sample, with this estimate of the covariance."""
    from skfolio.moments import EmpiricalCovariance, LedoitWolf
    from skfolio.prior import EmpiricalPrior

    return EmpiricalPrior(covariance_estimator=EmpiricalCovariance() if covariance == "sample" else LedoitWolf())
