"""Stub."""

from typing import Any


def render(problem: Any, path: Any, solution: Any) -> Any:
    from matplotlib.figure import Figure

    return Figure()
