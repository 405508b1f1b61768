from __future__ import annotations

import importlib.util
import sqlite3
import subprocess
from contextlib import closing
from importlib import metadata

import pytest

from headway import registry
from headway.pipelines import doctor
from headway.registry import Domain


def by_subject(findings):
    return {finding.subject: finding for finding in findings}


def test_a_healthy_installation(monkeypatch, tmp_path):
    """Here nothing is bad, and every note says what to do."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(doctor, "_libraries", lambda: iter(()))
    findings = doctor.examine()
    assert not [finding for finding in findings if finding.state == "bad"]
    assert all(finding.todo for finding in findings if finding.state == "note")
    assert {"python", "cpu", "threads", "git", "packages", "domains", "mlflow.db", "disk"} <= set(by_subject(findings))


def test_missing_and_outdated_packages(monkeypatch):
    """A dependency that is missing or out of range is bad, with the command that mends it."""
    monkeypatch.setattr(
        metadata, "requires", lambda name: ["numpy>=99", "nothing-of-this-name>=1", "x; extra == 'dev'"]
    )
    monkeypatch.setattr(doctor, "packages", lambda: {"numpy": "2.0"})
    found = by_subject(doctor._requirements())
    assert (found["numpy"].state, found["numpy"].todo) == ("bad", 'pip install "numpy>=99"')
    assert found["nothing-of-this-name"].found == "missing"
    assert "x" not in found


def test_highspy_beside_ortools(monkeypatch):
    """Two copies of HiGHS in one process fail, so the second one is to go."""
    assert not list(doctor._highs())
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(doctor, "_version", lambda name: "1.0")
    (finding,) = doctor._highs()
    assert finding.state == "bad"
    assert "uninstall highspy" in finding.todo


def test_a_missing_shared_library_is_named(monkeypatch):
    """The system package to install is read from the loader's message."""
    error = "ImportError: libgomp.so.1: cannot open shared object file: No such file or directory"
    monkeypatch.setattr(
        subprocess, "run", lambda *a, **k: subprocess.CompletedProcess(a, 1, "", f"Traceback\n{error}\n")
    )
    finding = next(doctor._libraries())
    assert (finding.state, finding.found) == ("bad", error)
    assert "libgomp.so.1" in finding.todo


@pytest.mark.parametrize("target", ["no_module_of_this_name:X", "headway.problem:NoSuchClass"])
def test_a_broken_domain_is_found(monkeypatch, target):
    """A third-party domain whose problem cannot be loaded is bad; the others are still listed."""
    broken = Domain("broken", "", {"problem": target})
    monkeypatch.setattr(registry, "domains", lambda: {"broken": broken})
    found = by_subject(doctor._domains())
    assert found["broken/problem"].state == "bad"
    assert found["domains"].state == "good"


def test_the_tracking_database(monkeypatch, tmp_path):
    """A database is counted, a file that is none is bad, and looking never makes one."""
    monkeypatch.chdir(tmp_path)
    assert "not there yet" in next(doctor._tracking()).found
    assert list(tmp_path.iterdir()) == []
    with closing(sqlite3.connect("mlflow.db")) as database, database:
        database.execute("create table runs (id text)")
        database.execute("insert into runs values ('a')")
    assert next(doctor._tracking()).found.startswith("1 runs")
    (tmp_path / "mlflow.db").write_text("not a database, but long enough to be looked at as one" * 10)
    assert next(doctor._tracking()).state == "bad"
