"""Portfolio: how to spread wealth over assets, day after day, net of costs."""

from headway.registry import Domain

domain = Domain(
    name="portfolio",
    summary="Portfolio allocation on real price histories, with next-bar execution, costs and weight drift",
    problems={
        "allocation": "headway.domains.portfolio.allocation.problem:Allocation",
        "trading": "headway.domains.portfolio.trading.problem:Trading",
    },
    datasets={
        "sp500": "headway.domains.portfolio.market.datasets:SP500",
        "factors": "headway.domains.portfolio.market.datasets:FACTORS",
        "yahoo": "headway.domains.portfolio.market.datasets:YAHOO",
    },
)
