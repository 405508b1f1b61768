"""The verb `data`: what is listed, what is asked for wrongly, what was changed."""

from __future__ import annotations

import json

import pytest

from headway import registry
from headway.datasets import Dataset, File
from headway.errors import ConfigError, DataError, UnknownNameError
from headway.pipelines.commands.data import data


@pytest.fixture
def numbers(monkeypatch, tmp_path):
    """One data set with one file, which is in the folder."""
    (tmp_path / "one.csv").write_bytes(b"")
    known = Dataset("numbers", "numbers", "CC0", "nobody", lambda: {"one.csv": File("http://127.0.0.1:9/", EMPTY)})
    monkeypatch.setattr(registry, "dataset", lambda name: known)
    monkeypatch.setattr(registry, "datasets", lambda: {"numbers": ""})
    return tmp_path


EMPTY = "git:e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"  # what git calls an empty file


def test_every_domain_s_data_sets_are_listed():
    """Each has a licence and a source, and says how it comes here."""
    rows = {row["name"]: row for row in data(["list"]).data}
    assert {"cvrplib", "azure_packing", "huawei_east_1", "bakery", "m5", "sp500", "yahoo"} <= set(rows)
    assert all(row["licence"] and row["source"] and row["how"] for row in rows.values())
    assert (rows["bakery"]["state"], rows["m5"]["state"]) == ("ships", "by hand")
    json.dumps(list(rows.values()))


def test_what_is_here(numbers):
    assert data(["list", f"to={numbers}"]).data[0]["state"] == "here"
    assert data(["fetch", "numbers", "one", f"to={numbers}"]).data["files"] == [str(numbers / "one.csv")]
    assert data(["verify", f"to={numbers}"]).data == {"numbers": {"one.csv": "good"}}


def test_what_was_changed_is_an_error(numbers):
    """With the exit code of bad data."""
    (numbers / "one.csv").write_bytes(b"x")
    with pytest.raises(DataError, match=r"numbers/one\.csv"):
        data(["verify", f"to={numbers}"])


@pytest.mark.parametrize("arguments", [[], ["get"], ["fetch"], ["list", "to=a", "to=b"]])
def test_what_is_no_question(arguments):
    with pytest.raises(ConfigError):
        data(arguments)


def test_an_unknown_name():
    with pytest.raises(UnknownNameError, match="cvrplib"):
        data(["fetch", "cvrplb"])
