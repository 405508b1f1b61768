"""A new domain keeps the contract before anything in it has been touched."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import numpy as np
import pytest

from headway.errors import ConfigError
from headway.scaffold import new_domain
from headway.scaffold.scaffold import FILES
from headway.testing import check_problem


@pytest.fixture
def written(tmp_path, monkeypatch):
    """A new domain, importable."""
    folder = new_domain("bin_packing", "one_bin", tmp_path / "work")
    monkeypatch.syspath_prepend(str(folder))
    yield folder
    for name in [name for name in sys.modules if name.startswith("headway_bin_packing")]:
        del sys.modules[name]


def test_a_new_domain_passes_every_check(written):
    """Its problem bears the names asked for and keeps the contract."""
    problem = import_module("headway_bin_packing.problem").OneBin(items=6)
    assert problem.name == "bin_packing/one_bin"
    assert len(check_problem(problem)) >= 40


def test_its_exact_solver_is_right(written):
    """Capacity 5 with items of value 3, 2, 2 and weight 5, 3, 2: the two smaller ones are worth 4."""
    instance = import_module("headway_bin_packing.instance").OneBinInstance
    one = instance(value=np.array([[3.0, 2.0, 2.0]]), weight=np.array([[5, 3, 2]]), capacity=np.array([5]))
    exact = import_module("headway_bin_packing.baselines").Exact()
    assert exact.solve(None, one, None).packed.tolist() == [[False, True, True]]


def test_nothing_is_left_to_fill_in(written):
    """Every template has been written, without a placeholder."""
    files = [path for path in written.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert len(files) == len(FILES)
    assert not [path for path in files if "$" in path.read_text()]


def test_it_is_well_formed(written):
    """It passes the linter under its own configuration."""
    ruff = [sys.executable, "-m", "ruff"]
    done = subprocess.run([*ruff, "check", str(written)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_it_gets_a_folder_of_its_own(written):
    """Named after the domain; nothing else is left beside it."""
    assert [path.name for path in written.parent.iterdir()] == ["headway-bin-packing"]


def test_a_folder_that_is_there_is_left_alone(tmp_path):
    """Nothing is written over."""
    mine = tmp_path / "headway-a"
    mine.mkdir()
    with pytest.raises(ConfigError, match="exists already"):
        new_domain("a", "b", tmp_path)
    assert not list(mine.iterdir())
    assert list(tmp_path.iterdir()) == [mine]


@pytest.mark.parametrize("name", ["Bin", "bin-packing", "", "1bin", "../up"])
def test_a_malformed_name_is_refused(name, tmp_path):
    """Names become packages and ids."""
    with pytest.raises(ConfigError, match="malformed"):
        new_domain(name, "one", tmp_path)
    assert not list(tmp_path.iterdir())
