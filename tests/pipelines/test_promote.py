"""Promotion: the alias moves when the challenger wins on fresh instances, and only then."""

from __future__ import annotations

import pytest

from headway import registry
from headway.errors import DataError
from headway.pipelines import promote as promoting
from headway.pipelines.comparison.results import Decision, Results
from headway.pipelines.configuration.schema import PromoteConfig, TrainConfig
from headway.pipelines.promote import FRESH, _comparison, _decided, promote
from headway.pipelines.train import train
from headway.runs import Run
from headway.seeds import SPLITS
from headway.tracking import log_policy
from headway.tracking.model_registry import move_alias, versions


@pytest.fixture(scope="module")
def registered(tmp_path_factory):
    """Two short trainings of one agent, registered one after the other."""
    root = tmp_path_factory.mktemp("registry")
    uri = f"sqlite:///{root}/mlflow.db"
    for seed in range(2):
        config = TrainConfig.model_validate(
            {
                "problem": {"name": "inventory/lost_sales"},
                "agent": {"name": "ppo", "num_envs": 8, "rollout": 6, "batch": 24, "epochs": 1},
                "network": {"name": "mlp", "hidden": [8]},
                "steps": 96,
                "validation": {"n": 2},
                "seed": seed,
                "tracking": "off",
            }
        )
        run = train(config, root=root / "runs", quiet=True)
        log_policy(run, run.folder / "policy", "stock", uri=uri)
    return root, uri


def of(registered, **changes):
    root, uri = registered
    settings = {"name": "stock", "n": 4, "runs": root / "runs", "tracking": uri, **changes}
    return PromoteConfig.model_validate(settings)


def results(winner, *, low, high=0.2):
    clear = low > 0 or high < 0
    found = Decision(winner, "learned", "other", "learned", (low + high) / 2, low, high, clear=clear)
    return Results(
        verb="compare", verdict="as it is", decision=found, problem={}, instances={},
        seeds=[0], confidence=0.95, resamples=10, reference={}, rows=[], scores=[],
    )  # fmt: skip


def test_the_first_champion_and_then_none_without_a_win(registered, monkeypatch):
    """A lone challenger that answers feasibly is promoted; the same one has nobody to beat after that."""
    _, uri = registered
    first = promote(of(registered))
    assert first.promoted
    assert versions("stock", uri) == {"challenger": "2", "champion": "2"}
    folder = Run.open(first.comparison)
    monkeypatch.setattr(promoting, "compare", lambda config: folder)  # what it finds is scripted from here on
    again = promote(of(registered))
    assert not again.promoted
    assert "already" in again.reason
    move_alias("stock", "champion", "1", uri)
    for winner, low, moved in [("champion", 0.1, False), ("challenger", -0.1, False), ("challenger", 0.1, True)]:
        monkeypatch.setattr(promoting, "read", lambda folder, w=winner, x=low: results(w, low=x))
        assert promote(of(registered)).promoted is moved
        assert versions("stock", uri)["champion"] == ("2" if moved else "1")


def test_instances_are_fresh(registered, monkeypatch):
    """Each promotion meets instances of its own, also of the same challenger, on the problem it was trained for."""
    root, uri = registered
    log_policy(Run.open(sorted((root / "runs").glob("*-train-*"))[0]), sorted((root / "runs").glob("*-train-*"))[0]
               / "policy", "fresh", uri=uri)  # fmt: skip
    asked = []

    def compare(config):
        asked.append(config)
        raise DataError("far enough")

    monkeypatch.setattr(promoting, "compare", compare)
    for _ in range(2):
        with pytest.raises(DataError, match="far enough"):
            promote(of(registered, name="fresh"))
    assert [config.seed for config in asked] == [FRESH + 1, FRESH + 2]
    problem = registry.make_problem("inventory/lost_sales")
    digests = [
        {problem.instances(split, 4, seed)[i].digest() for i in range(4)}
        for split, seed in [("test", FRESH + 1), ("test", FRESH + 2), ("test", 0), *((s, 0) for s in SPLITS[:2])]
    ]
    assert len(set.union(*digests)) == 4 * len(digests)
    config = _comparison(of(registered), ["challenger", "champion"], seed=7)
    assert config.problem.name == "inventory/lost_sales"
    assert [entry.name for entry in config.contestants] == ["models:/stock@challenger", "models:/stock@champion"]
    assert not config.ablations


@pytest.mark.parametrize(("low", "high"), [(-0.1, 0.2), (0.0, 0.2), (float("nan"), float("nan")), (-0.3, -0.1)])
def test_only_a_lead_beyond_the_error_wins(low, high):
    """A tie does not; nor does a challenger that is ahead by feasible answers, and worse where both have one."""
    assert _decided(results("challenger", low=low, high=high), lone=False)[0] is False


def test_without_a_challenger(registered, tmp_path):
    with pytest.raises(DataError, match="no such registered model"):
        promote(of(registered, name="nobody"))
