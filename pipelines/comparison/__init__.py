"""Who takes part in comparisons and backtests, how they are scored, ranked and judged, and what is kept."""
