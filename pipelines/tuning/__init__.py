"""Tuning: a search space, an Optuna study in the run's folder, workers, and the incumbent's test."""
