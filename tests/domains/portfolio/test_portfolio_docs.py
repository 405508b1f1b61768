"""The code on the pages about data and causality runs, and prints what the pages say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[3] / "docs"


def blocks(page):
    """The Python blocks of a page, and the indented text that follows each."""
    text = (DOCS / page).read_text(encoding="utf-8")
    found = re.findall(r"```python\n([\s\S]*?)```\n((?:    .*\n|\n)*)", text)
    return [(code, [line.strip() for line in printed.splitlines() if line.strip()]) for code, printed in found]


@pytest.mark.slow
def test_causality(capsys):
    """Every block runs in order; what is shown below a block is what it prints."""
    names: dict[str, object] = {"__name__": "page"}
    pages = blocks("causality.md")
    assert len(pages) > 6
    for code, shown in pages:
        exec(compile(code, "causality.md", "exec"), names)
        printed = [line.strip() for line in capsys.readouterr().out.splitlines()]
        shown = [line for line in shown if not line.startswith("python ")]
        assert shown == (printed if shown else [])
