"""Findings on the page: cells with intervals and shades, charts with bands and areas, caveats first."""

from __future__ import annotations

import math

import pytest
from test_report import Outline, a_row, a_run, some_results

from headway.findings import Chart, Column, Findings, Line, Table, Trials
from headway.pipelines.report import report
from headway.pipelines.reporting import findings, formats, table
from headway.pipelines.reporting.content import content
from headway.pipelines.reporting.looks import Look, looks

DAYS = ["2020-01-01", "2020-01-02", "2020-01-03"]
LOOKS = {"slow": Look(0, "-", 1.5), "fast": Look(1, "-", 1.5)}

SHARPE = Table(
    "Ratios <b>",
    (Column("who", "text"), Column("ratio"), Column("p", "percent", 1), Column("verdict", "text")),
    [("slow", (1.234, 0.5, 2.0), 0.4567, "no clear difference"), ("other", 0.5, math.nan, "")],
    "By seed & day.",
)
YEARS = Table(
    "Years", (Column("who", "text"), Column("2020", "percent", 1)), [("slow", -0.2), ("fast", 0.1)], shaded=True
)
WEALTH = Chart(
    "Wealth",
    "Start = 1.",
    DAYS,
    [
        Line("slow, net", [1.0, 2.0, 3.0], "slow", low=[0.5, 1.5, 2.5], high=[1.5, 2.5, 3.5]),
        Line("slow, gross", [1.0, 2.1, 3.2], "slow", dashed=True),
        Line("nobody", [1.0, 1.0, 1.0]),
    ],
    "times",
    "log",
)
WEIGHTS = Chart(
    "Weights", "Areas.", DAYS, [Line(f"asset {k}", [10.0, 10.0, 10.0]) for k in range(10)], "%", stacked=True
)


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    """The page of a comparison that has findings."""
    found = Findings(("Chance: 8 trials.",), (SHARPE, YEARS), (WEALTH, WEIGHTS))
    results = some_results(
        findings=found, trials=Trials(8, {"rules": 8}, "runs below runs"), notes=["Chance: 8 trials."]
    )
    run = a_run(tmp_path_factory.mktemp("runs"), results)
    return report(run.folder).read_text(encoding="utf-8")


def test_cells_as_text():
    """Values with their intervals, per cents with a unit, nothing where there is no number."""
    first, second = findings.tables(Findings(tables=(SHARPE,)), LOOKS)[0].rows
    assert [cell.text for cell in first.cells] == ["slow", "1.23", f"45.7{formats.THIN}%", "no clear difference"]
    assert first.cells[1].interval == "0.50 to 2.00"
    assert (first.look, second.look) == (LOOKS["slow"], None)
    assert [cell.text for cell in second.cells[1:]] == ["0.50", formats.NONE, ""]
    assert not any(cell.shade for cell in first.cells)


def test_shades_follow_sign_and_size():
    """The cell furthest from zero is darkest; the title has the unit, and cells have none."""
    (sheet,) = findings.tables(Findings(tables=(YEARS,)), LOOKS)
    assert sheet.title == "Years, %"
    assert [(row.cells[1].text, row.cells[1].shade) for row in sheet.rows] == [
        (f"{formats.MINUS}20.0", -findings.SHADE),
        ("10.0", findings.SHADE // 2),
    ]


@pytest.mark.parametrize(
    ("verdict", "headline", "detail"),
    [
        ("a is 1 % better than b (95 % interval; basis).", "a is 1 % better than b.", "95 % interval; basis."),
        ("a (x) beats b (trade) (95 %; on (all) days).", "a (x) beats b (trade).", "95 %; on (all) days."),
        ("Nobody won: none gave an answer.", "Nobody won: none gave an answer.", "."),
    ],
)
def test_brackets_at_the_end_are_the_detail(tmp_path, verdict, headline, detail):
    """Names may have brackets of their own."""
    (section,) = content([a_run(tmp_path, some_results(verdict=verdict))]).sections
    assert (section.headline, section.detail) == (headline, detail)


def test_a_clear_lead_is_on_the_scale():
    """Gaps far below zero are no arrows because the reference's own is zero."""
    rows = [
        a_row("a", gap=-0.03, gap_low=-0.05, gap_high=-0.001),
        a_row("b", gap=0.0, gap_low=0.0, gap_high=0.0),
    ]
    lines = table.leaderboard(some_results(rows=rows), looks(rows)).lines
    assert [line.bar.over for line in lines] == ["", ""]
    assert lines[0].bar.low < lines[0].bar.value < lines[0].bar.high < lines[0].bar.zero


def test_charts_are_drawn(text):
    """Every line and every area can be told by its name, in the colours of the page."""
    for name in ("slow, net", "slow, gross", "nobody", *(f"asset {k}" for k in range(10))):
        assert f"<title>{name}</title>" in text
    assert "asset 9" in text
    assert "#0000" not in text


def test_caveats_come_first(text):
    """Before the table of scores, and once."""
    assert text.count("Read with care") == 1
    assert text.index("Read with care") < text.index("Leaderboard") < text.index("Findings") < text.index("Figures")


def test_the_page_is_whole(text):
    """All elements closed, all text escaped, and the trials among the facts."""
    assert not Outline(text).open
    assert "Ratios &lt;b&gt;" in text
    assert "By seed &amp; day." in text
    assert "8, counted in runs below runs" in text


def test_series_are_not_drawn_twice(tmp_path):
    """Where a problem has charts of its own, they take the place of its series."""
    series = {"slow": [{"seed": 0, "tide": [1.0, 2.0, 3.0]}], "fast": []}
    plain, own = (
        report(a_run(tmp_path / str(k), some_results(series=series, periods=DAYS, findings=found)).folder).read_text()
        for k, found in enumerate((None, Findings(charts=(WEALTH,))))
    )
    assert "<h3>Tide</h3>" in plain
    assert "<h3>Tide</h3>" not in own
    assert "<h3>Wealth</h3>" in own
