"""Sections to HTML: the template and its style sheet, in one text."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from headway.pipelines.reporting import formats
from headway.pipelines.reporting.sections import Section


def page(sections: Sequence[Section], version: str) -> str:
    """The whole HTML document; everything that comes from a run is escaped."""
    here = files(__package__)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.globals["blank"] = formats.NONE
    template = environment.from_string((here / "report.html.j2").read_text(encoding="utf-8"))
    style = Markup((here / "report.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file
    return template.render(sections=sections, style=style, version=version)
