"""Sections to HTML: the template, its style sheet and its script, in one text."""

from __future__ import annotations

import base64
import gzip
import json
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from headway.pipelines.reporting import formats
from headway.pipelines.reporting.content import Content
from headway.pipelines.reporting.interactive import interactive
from headway.pipelines.reporting.plots import Plot
from headway.pipelines.reporting.static import static


def page(content: Content, version: str) -> str:
    """The whole HTML document; everything that comes from a run is escaped."""
    return filled("report.html.j2", content=content, figures=Figures(), version=version)


def filled(template: str, **content: Any) -> str:
    """A template of this folder with its content; what is no Markup is escaped for HTML."""
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FunctionLoader(own),
    )
    style, script = Markup(own("report.css")), Markup(own("figures.js"))  # noqa: S704 - our own files
    environment.globals |= {"blank": formats.NONE, "style": style, "script": script}
    return environment.get_template(template).render(**content)


def own(name: str) -> str:
    """The text of a file beside this one."""
    return (files(__package__) / name).read_text(encoding="utf-8")


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
