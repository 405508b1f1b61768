"""How many strategies were tried: each once, wherever it is found."""

from __future__ import annotations

import json

import pytest

from headway.pipelines.comparison import trials
from headway.pipelines.comparison.results import Row, Score
from headway.runs import Run
from headway.tracking import mirror

DIGEST = "d" * 64


def a_run(verb, root, *, parent=None, problem="tiny/tides", **files):
    """A finished run with these JSON files."""
    with Run.create(verb, {"seed": 0}, problem=problem, root=root, parent=parent) as run:
        for name, content in files.items():
            (run.folder / f"{name}.json").write_text(json.dumps(content))
    return run


def a_row(name, kind="classical"):
    return Row(name, kind, 1, 1, 1, 1.0, 1, *[0.0] * 5, "zero", *[0.0] * 3)  # type: ignore[arg-type]


def a_score(name, objective, seed=0, *, feasible=True):
    return Score(name, seed, 0, feasible, objective, "finished", metrics={"hit": objective / 10})


def results(rows, scores, digest=DIGEST):
    """What of ``results.json`` is looked at."""
    return {
        "rows": [vars(row) for row in rows],
        "scores": [vars(score) for score in scores],
        "instances": {"digests": [digest]},
    }


def counted(root, rows=(), scores=(), stored=(), **options):
    return trials.count(root, "tiny/tides", DIGEST, rows, scores, stored, **options)


def test_trainings_count_wherever_they_are(tmp_path):
    """Alone, in folders below, inside backtests and studies; of this problem only."""
    a_run("train", tmp_path)
    a_run("train", tmp_path / "demo")
    a_run("train", tmp_path, problem="tiny/walk")
    backtest = a_run("backtest", tmp_path)
    for _ in range(3):
        a_run("train", None, parent=backtest)
    study = a_run("tune", tmp_path, tuning={"trials": {"complete": 2}})
    a_run("train", None, parent=study)
    a_run("train", None, parent=study)
    found = counted(tmp_path)
    assert found.parts == {trials.TRAININGS: 4, trials.REFITS: 3}
    assert found.count == 7
    assert found.where == f"runs below {tmp_path}"


def test_trials_of_a_study_of_rules(tmp_path):
    """They trained nothing, so the study's own count is taken, pruned ones too."""
    a_run("tune", tmp_path, tuning={"trials": {"complete": 7, "pruned": 3}})
    assert counted(tmp_path).parts == {trials.TUNED: 10}


def test_rules_count_once_for_each_result(tmp_path):
    """A repeated backtest adds nothing, another option does, another history and oracles and ablations do not."""
    rows = [a_row("zero"), a_row("mean"), a_row("foresight", "oracle"), a_row("random", "ablation")]
    scores = [a_score(row.contestant, 1.0) for row in rows]
    a_run("backtest", tmp_path, results=results(rows, scores))
    a_run("backtest", tmp_path, results=results(rows, [a_score("mean", 2.0), a_score("zero", 9.0, feasible=False)]))
    a_run("backtest", tmp_path, results=results(rows, [a_score("mean", 3.0)], digest="e" * 64))
    found = counted(tmp_path, rows, scores)
    assert found.parts == {trials.RULES: 3}
    assert sorted(found.metrics["hit"]) == [0.1, 0.1, 0.2]


def test_learned_contestants_have_metrics_and_count_as_trainings(tmp_path):
    """A training is a trial once, however often it is scored."""
    a_run("train", tmp_path)
    found = counted(tmp_path, [a_row("ppo", "learned")], [a_score("ppo", 4.0), a_score("ppo", 5.0, seed=1)])
    assert found.parts == {trials.TRAININGS: 1}
    assert found.metrics["hit"] == [0.4, 0.5]


@pytest.mark.parametrize(("record", "count"), [({}, 1), ({"trials": 40}, 40), (None, 1)])
def test_policies_made_elsewhere_own_to_their_trials(tmp_path, record, count):
    """As their record says, and at least one; those of runs below the folder are counted already."""
    folder = tmp_path / "shipped" / "policy"
    folder.mkdir(parents=True)
    if record is not None:
        (folder.parent / "training.json").write_text(json.dumps(record))
    found = counted(tmp_path / "runs", stored=[folder, folder, tmp_path / "runs" / "mine" / "policy"])
    assert found.parts == {trials.STORED: count}


def test_runs_whose_folders_are_gone_are_found_in_mlflow(tmp_path):
    """Mirrored runs are counted once, together with their folders or without."""
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    assert counted(tmp_path / "runs", tracking=uri).count == 0
    assert not (tmp_path / "mlflow.db").exists()
    gone, kept = a_run("train", tmp_path / "gone"), a_run("train", tmp_path / "runs")
    for run in (gone, kept):
        mirror(run, uri)
    found = counted(tmp_path / "runs", tracking=uri)
    assert found.parts == {trials.TRAININGS: 2}
    assert found.where.endswith(uri)
