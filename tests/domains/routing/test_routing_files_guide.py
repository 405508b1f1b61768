"""The guide to files: its table is read, its examples run, its error is the one that users see."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from headway.domains.routing.family.configurations import VRPTW
from headway.domains.routing.files.customers_csv import COLUMNS, KEYS
from headway.domains.routing.files.load import load
from headway.domains.routing.files.vrplib_check import KEYS as HEADERS
from headway.domains.routing.files.vrplib_check import SECTIONS, WEIGHTS
from headway.errors import InstanceError

GUIDE = (Path(__file__).parents[3] / "docs" / "routing_files.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture(autouse=True)
def _somewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("code", [code for kind, code in BLOCKS if kind == "python"])
def test_examples_run(code, capsys):
    """And print what their last comment says."""
    exec(code, {})
    printed = "".join(f"# {line}\n" for line in capsys.readouterr().out.splitlines())
    assert printed in code


def test_the_first_table_and_its_error():
    """The table is an instance; a window that closes too early is the error that is shown."""
    table, error = (text for kind, text in BLOCKS if kind == "text")
    Path("shops.csv").write_text(table)
    assert load(Path("shops.csv"), allowed=VRPTW.rules).customers.tolist() == [3]
    Path("shops.csv").write_text(table.replace("bert,6,8,5,,,2", "bert,6,8,5,0,4,2"))
    with pytest.raises(InstanceError) as caught:
        load(Path("shops.csv"))
    assert f"{caught.value}\n" == error


def test_everything_that_is_read_is_named():
    """Columns, settings, headers, sections and kinds of distances."""
    said = set(re.findall(r"\w+", GUIDE))
    assert said.issuperset([*COLUMNS, *KEYS, *WEIGHTS])
    plain = {"NAME", "COMMENT", "DIMENSION", "EDGE_WEIGHT_FORMAT", "DISPLAY_DATA_TYPE", "NODE_COORD_TYPE"}
    assert said.issuperset(set(HEADERS) - plain)
    assert said.issuperset(f"{name}_SECTION" for name in set(SECTIONS) - {"NODE_COORD", "DISPLAY_DATA", "EDGE_WEIGHT"})
