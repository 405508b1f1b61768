"""Comparisons over a family: a child per value, one table, one picture."""

from __future__ import annotations

import csv

import pytest

from headway.errors import ConfigError
from headway.pipelines.comparison.results import read
from headway.pipelines.configuration.schema import CompareConfig
from headway.pipelines.families import compare_over

SETTINGS = {
    "problem": {"name": "routing/cvrp"},
    "contestants": ["savings", "pomo"],
    "over": {"customers": [5, 20]},
    "budget": 0.5,
    "n": 3,
    "ablations": False,
    "pictures": 0,
    "tracking": "off",
}


@pytest.fixture(scope="module")
def family(tmp_path_factory):
    return compare_over(CompareConfig.model_validate(SETTINGS), root=tmp_path_factory.mktemp("family"))


def test_a_comparison_per_value(family):
    """Each child differs in that option only, and the table holds their rows."""
    assert [child.config["problem"]["customers"] for child in family.children] == [5, 20]
    with (family.folder / "family.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert {(line["customers"], line["contestant"]) for line in lines} == {
        (value, label) for value in ("5", "20") for label in ("savings", "pomo")
    }
    for child, value in zip(family.children, ("5", "20"), strict=True):
        for row in read(child.folder).rows:
            [line] = [x for x in lines if (x["customers"], x["contestant"]) == (value, row.contestant)]
            assert (float(line["gap"]), line["kind"]) == (row.gap, row.kind)
    assert {line["trained"] for line in lines if line["contestant"] == "savings"} == {""}
    assert {line["trained"] for line in lines if line["contestant"] == "pomo"} == {"50"}


def test_the_picture(family):
    """Both contestants by name, the option on the axis."""
    assert (family.folder / "pictures" / "family.svg").stat().st_size > 1_000


def test_the_report(family):
    """The family's own, and one of each member."""
    for run in (family, *family.children):
        assert (run.folder / "report.html").exists()
    assert "| pomo |" in (family.folder / "report.md").read_text(encoding="utf-8")


def test_one_option_at_a_time():
    with pytest.raises(ValueError, match="at most 1 item"):
        CompareConfig.model_validate({**SETTINGS, "over": {"customers": [5], "capacity": [3]}})


NESTED = {
    "problem": {"name": "portfolio/allocation", "data": "synthetic", "data_options": {"assets": 4}, "window": 2,
                "lookback": 60},
    "contestants": ["equal_weight"], "over": {"data_options.ic": [0.0, 0.2]}, "n": 2, "pictures": 0,
    "report": False, "tracking": "off",
}  # fmt: skip


def test_a_nested_option(tmp_path):
    """Its dotted name is the family's; what stands beside it stays."""
    run = compare_over(CompareConfig.model_validate(NESTED), root=tmp_path)
    options = [child.config["problem"]["data_options"] for child in run.children]
    assert options == [{"assets": 4, "ic": 0.0}, {"assets": 4, "ic": 0.2}]
    with (run.folder / "family.csv").open(encoding="utf-8", newline="") as file:
        assert [line["data_options.ic"] for line in csv.DictReader(file)] == ["0.0", "0.2"]


@pytest.mark.parametrize("option", ["data.ic", "window.ic", "data_options.assets.ic.more"])
def test_an_option_within_one_that_has_none(option, tmp_path):
    with pytest.raises(ConfigError, match="within one that has none"):
        compare_over(CompareConfig.model_validate({**NESTED, "over": {option: [1]}}), root=tmp_path)
    assert not list(tmp_path.iterdir())
