"""What users run: train, compare, backtest, solve, report. Reaches domains through the registry only."""
