"""Public prices: what ships in packages that headway needs, and what is fetched."""

from headway.datasets import Dataset
from headway.domains.portfolio.market.universes import listed

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
    summary="Adjusted daily closes to 2025: 9 US sector funds (1999 on), 17 country funds (1996 on), the Dow (2008 on)",
    licence="Yahoo's terms: personal use",
    source="finance.yahoo.com, through yfinance",
    listing=listed,
    use="problem.data=file problem.data_options.path=sectors.parquet; other tickers: problem.data=yahoo "
    "(docs/portfolio_data.md)",
)
