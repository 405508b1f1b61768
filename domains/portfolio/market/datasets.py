"""Public prices: what ships in packages that headway needs, and what is fetched by hand."""

from headway.datasets.dataset import Dataset

SP500 = Dataset(
    name="sp500",
    summary="Adjusted daily closes of 20 large US stocks, 1990-2022, chosen ex post",
    licence="BSD-3-Clause (of the package skfolio); for testing and examples only",
    source="skfolio, load_sp500_dataset",
    use="problem=portfolio/allocation problem.data=sp500",
)

FACTORS = Dataset(
    name="factors",
    summary="Adjusted daily closes of 5 US factor funds, 2014-2022",
    licence="BSD-3-Clause (of the package skfolio); for testing and examples only",
    source="skfolio, load_factors_dataset",
    use="problem=portfolio/allocation problem.data=factors",
)

YAHOO = Dataset(
    name="yahoo",
    summary="Adjusted daily closes of any tickers that Yahoo Finance lists",
    licence="Yahoo's terms: personal use",
    source="finance.yahoo.com, through yfinance",
    byhand="problem.data=yahoo with tickers, start and end fetches, checks and caches them (docs/portfolio_data.md)",
)
