"""Demand: distributions that paths are drawn from, and histories of real series."""
