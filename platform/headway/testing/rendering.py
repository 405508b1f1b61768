"""Pictures."""

from __future__ import annotations

import io
import sys

from headway.problem import Problem
from headway.testing.case import ProblemCase
from headway.testing.check import on_problem, require
from headway.testing.same import frozen


def _renders(case: ProblemCase) -> bool:
    return type(case.problem).render is not Problem.render


@on_problem(when=_renders)
def check_render_gives_a_figure(case: ProblemCase) -> None:
    """`render` returns a matplotlib Figure that can be drawn, and writes into nothing."""
    from matplotlib.figure import Figure

    for i in range(2):
        figure = case.problem.render(frozen(case.instance[i]), frozen(case.random.solution[i]))
        require(isinstance(figure, Figure), "`render` returns no Figure", got=type(figure))
        figure.savefig(file := io.BytesIO(), format="svg")
        require(len(file.getvalue()) > 1000, "a picture is empty", got=f"{len(file.getvalue())} bytes")


@on_problem(when=_renders)
def check_render_leaves_nothing_open(case: ProblemCase) -> None:
    """`render` leaves no figure open in pyplot."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    before = pyplot.get_fignums() if pyplot else []
    case.problem.render(case.instance[0], case.random.solution[0])
    pyplot = sys.modules.get("matplotlib.pyplot")
    after = pyplot.get_fignums() if pyplot else []
    require(after == before, "a figure stays open", where="Problem.render", got=after)
