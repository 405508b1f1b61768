"""Headway: does a learned policy make headway over the solver you already have?"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

# Public name -> module. Loaded on first use, so that `import headway` costs nothing.
_PUBLIC = {
    "Batch": "batch",
    "Budget": "solver",
    "Criterion": "problem",
    "Domain": "registry",
    "Environment": "environment",
    "Evaluation": "evaluation",
    "HeadwayError": "errors",
    "Instance": "batch",
    "Planner": "policy",
    "Policy": "policy",
    "Problem": "problem",
    "Reference": "evaluation",
    "Search": "solver",
    "Solver": "solver",
    "Transition": "environment",
    "component": "components",
    "make_problem": "registry",
    "pad": "batch",
    "rollout": "rollouts",
    "stream": "seeds",
}

__all__ = sorted(_PUBLIC)  # pyright: ignore


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'headway' has no attribute {name!r}")
    return getattr(importlib.import_module(f"headway.{_PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *_PUBLIC]
