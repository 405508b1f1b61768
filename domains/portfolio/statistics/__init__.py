"""How much of a result is luck: Sharpe ratios with their errors, against one benchmark, many rivals and all trials."""
