"""The code on the pages about data and causality runs, and prints what the pages say."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest
import yaml

from headway.errors import DataError
from headway.registry import make_problem

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


def test_data(tmp_path, monkeypatch, capsys):
    """The example files are made, every configuration and every table a command names is read, the bad one refused."""
    monkeypatch.chdir(tmp_path)
    text = (DOCS / "portfolio_data.md").read_text(encoding="utf-8")
    script = re.search(r"    python - <<'END'\n([\s\S]*?)    END\n", text)
    exec(compile(textwrap.dedent(script[1]), "portfolio_data.md", "exec"), {})
    for settings in re.findall(r"```yaml\n([\s\S]*?)```", text):
        options = yaml.safe_load(settings)["problem"]
        problem = make_problem(options.pop("name"), **options)
        assert problem.provider if problem.data == "yahoo" else len(problem.market.returns) in (2262, 2263)
    commands = [line for line in text.splitlines() if re.match("    headway .*problem.data=", line)]
    assert len(commands) == 3
    for command in commands:
        given = dict(re.findall(r"'?problem\.([\w.]+)=(\{[^}]*\}|\S+)", command))
        options = yaml.safe_load(given.get("data_options", "{}"))
        options |= {"path": given["data_options.path"]} if "data_options.path" in given else {}
        problem = make_problem("portfolio/allocation", data=given["data"], data_options=options)
        if "negative" in command:
            wide = Path("wide.csv").read_text()
            Path("negative.csv").write_text(re.sub("2014-01-06,[^,]*", "2014-01-06,-3", wide))
            with pytest.raises(DataError) as caught:
                _ = problem.market
            for line in str(caught.value).splitlines():
                assert line.strip() in text
        else:
            assert len(problem.market.returns) > 1000
    ((code, shown),) = blocks("portfolio_data.md")
    exec(compile(code, "portfolio_data.md", "exec"), {})
    assert [line.strip() for line in capsys.readouterr().out.splitlines()] == shown
