"""Sections to HTML: the template, its style sheet and its script, in one text."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from headway.pipelines.reporting import formats
from headway.pipelines.reporting.interactive import interactive
from headway.pipelines.reporting.plots import Plot
from headway.pipelines.reporting.sections import Section
from headway.pipelines.reporting.static import static


def page(sections: Sequence[Section], version: str) -> str:
    """The whole HTML document; everything that comes from a run is escaped."""
    here = files(__package__)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.globals["blank"] = formats.NONE
    template = environment.from_string((here / "report.html.j2").read_text(encoding="utf-8"))
    style, script = (
        Markup((here / name).read_text(encoding="utf-8"))  # noqa: S704 - our own files
        for name in ("report.css", "figures.js")
    )
    return template.render(sections=sections, figures=Figures(), style=style, script=script, version=version)


class Figures:
    """The figures of a page as the template comes to them: plotly and all their data are packed once, at its end."""

    def __init__(self) -> None:
        self.drawn: list[dict[str, Any]] = []

    def number(self, plot: Plot) -> int:
        """The place of this figure among all."""
        self.drawn.append(interactive(plot))
        return len(self.drawn) - 1

    def still(self, plot: Plot) -> Markup:
        """The same figure for paper, and for readers without scripts."""
        return static(plot)

    def packed(self) -> str:
        """The data of all figures."""
        return packed(json.dumps(self.drawn, allow_nan=False, separators=(",", ":")))

    def plotly(self) -> str:
        """Plotly's script."""
        from plotly.offline import get_plotlyjs

        return packed(get_plotlyjs())


def packed(text: str) -> str:
    """``text`` compressed, in letters that mean nothing to HTML; the same text gives the same letters."""
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()
