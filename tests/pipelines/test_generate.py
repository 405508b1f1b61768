from __future__ import annotations

import pytest

from headway.errors import ConfigError
from headway.pipelines.configuration.schema import GenerateConfig
from headway.pipelines.generate import generate
from headway.registry import make_problem


def config(**settings):
    return GenerateConfig.model_validate({"problem": {"name": "routing/cvrp", "customers": 5}, "n": 2, **settings})


def test_the_file_holds_the_instances_of_the_split(tmp_path):
    """What is written is what everybody gets for the same split, number and seed."""
    path = generate(config(out=tmp_path / "f.npz", seed=3, split="validation"))
    problem = make_problem("routing/cvrp", customers=5)
    assert problem.load(path).digest() == problem.instances("validation", 2, 3).digest()


def test_files_are_not_overwritten(tmp_path):
    """A second file of the same name is refused, and the first one is untouched."""
    path = generate(config(out=tmp_path / "f.npz"))
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="the file exists"):
        generate(config(out=path, seed=9))
    assert path.read_bytes() == before


def test_other_formats_are_refused(tmp_path):
    """Only .npz can hold any problem's instances."""
    with pytest.raises(ConfigError, match="npz"):
        generate(config(out=tmp_path / "f.vrp"))
    assert list(tmp_path.iterdir()) == []
