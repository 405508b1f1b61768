"""Run folders: configuration, provenance, metrics and status of one run, before any tracker hears of it."""

from headway.runs.run import Metrics, Run

__all__ = ["Metrics", "Run"]
