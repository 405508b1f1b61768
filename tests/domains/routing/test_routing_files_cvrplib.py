"""The list of published instances."""

from __future__ import annotations

from headway.datasets import fetch, verify
from headway.domains.routing.files.cvrplib import CVRPLIB
from headway.registry import dataset


def test_checksums_are_those_of_the_published_files(shared):
    """The shared copies, byte for byte; every instance has its solution."""
    states = verify(CVRPLIB, shared / "open")
    assert list(states.values()).count("good") == 70
    assert "changed" not in states.values()


def test_what_is_there_is_not_asked_for(shared):
    """No network is needed for files that are in the folder."""
    names = {path.name for path in fetch(CVRPLIB, ("X-n101-k25",), shared / "open")}
    assert names == {"X-n101-k25.vrp", "X-n101-k25.sol"}


def test_what_is_listed():
    """100 instances of set X, 56 of Solomon's, 12 of others; each with its solution."""
    stems = [name.rsplit(".", 1) for name in CVRPLIB.files()]
    solved = {stem for stem, suffix in stems if suffix == "sol"}
    instances = {stem for stem, suffix in stems if suffix != "sol"}
    assert solved == instances
    assert len(instances) == 168
    assert sum(stem.startswith("X-n") for stem in instances) == 100
    assert dataset("cvrplib") is CVRPLIB
