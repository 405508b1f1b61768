"""Comparisons: rows, ranks, references, verdicts, and what is refused."""

from __future__ import annotations

import json
import math
import shutil

import numpy as np
import pytest

from headway.errors import ConfigError, DataError, LeakageError, UnknownNameError
from headway.pipelines.compare import compare
from headway.pipelines.comparison.results import read
from headway.pipelines.configuration.schema import CompareConfig, SolveConfig
from headway.pipelines.solve import solve


def config(contestants, **changes):
    settings = {
        "problem": {"name": "trouble/guess"},
        "budget": 0.05,
        "wall": 1.0,
        "n": 16,
        "report": False,
        "tracking": "off",
        "pictures": 0,
        **changes,
    }
    return CompareConfig(contestants=contestants, **settings)


def compared(contestants, root, **changes):
    return read(compare(config(contestants, **changes), root=root).folder)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """One comparison of 16 instances and 2 seeds that most tests look at."""
    with pytest.MonkeyPatch.context() as patch:
        import sys
        from pathlib import Path

        from headway import registry

        folder = str(Path(__file__).parents[1] / "plugins" / "trouble")
        patch.syspath_prepend(folder)
        patch.setitem(sys.modules, "trouble", __import__("trouble"))
        known = {**registry.domains(), "trouble": __import__("trouble").domain}
        patch.setattr(registry, "domains", lambda: known)
        names = ["noisy", "clairvoyant", "rounding", {"name": "abort", "above": 7.5}, "exact", "infeasible"]
        run = compare(config(names, seeds=2, pictures=1), root=tmp_path_factory.mktemp("runs"))
    return run.folder, read(run.folder)


def row(results, name):
    return next(r for r in results.rows if r.contestant == name)


def test_the_table_is_ranked(mixed):
    """All feasible before some before none; oracles last, without a rank, however good they are."""
    _, results = mixed
    names = [r.contestant for r in results.rows]
    assert names == ["exact", "rounding", "noisy", "abort", "infeasible", "clairvoyant"]
    assert [r.rank for r in results.rows] == [1, 2, 3, 4, 5, None]


def test_means_by_hand(mixed, trouble):
    """Rounding costs 1 + |target - nearest whole number| on each of the 16 test instances."""
    _, results = mixed
    value = trouble.Guess().instances("test", 16).value
    expected = 1 + np.abs(np.rint(value) - value)
    found = row(results, "rounding")
    assert found.objective == pytest.approx(expected.mean(), rel=1e-6)
    assert found.gap == pytest.approx(expected.mean() - 1, rel=1e-5)
    assert found.gap_low < found.gap < found.gap_high
    assert (found.n, found.seeds, found.solved, found.reference) == (16, 2, 16, "by definition")


def test_failures_are_shown_and_never_in_a_mean(mixed, trouble):
    """Abort solves the targets up to 7.5, at cost 1 each; the others are crashes, with both seeds."""
    _, results = mixed
    value = trouble.Guess().instances("test", 16).value
    dead = int((value > 7.5).sum())
    found = row(results, "abort")
    assert found.feasible == pytest.approx(1 - dead / 16)
    assert (found.solved, found.objective) == (16 - dead, 1.0)
    assert found.incidents == {"crash": 2 * dead}
    nothing = row(results, "infeasible")
    assert (nothing.feasible, nothing.solved) == (0.0, 0)
    assert math.isnan(nothing.objective)
    assert nothing.incidents == {"infeasible": 32}


def test_every_score_is_kept(mixed):
    """One per contestant, seed and instance, with a trace, and with the reason where there is none."""
    _, results = mixed
    assert len(results.scores) == len(results.traces) == 6 * 2 * 16
    crash = next(s for s in results.scores if s.status == "crash")
    assert "SIGABRT" in crash.message
    assert crash.feasible is False


def test_the_verdict_says_who_won(mixed):
    """The first line: winner, by how much, with what certainty."""
    _, results = mixed
    assert results.verdict.startswith("The classical solver wins: exact [classical] is ")
    assert "16 instances, 2 seeds" in results.verdict
    assert results.decision is not None
    assert (results.decision.winner, results.decision.rival, results.decision.clear) == ("exact", "rounding", True)


def test_profiles_rise_to_the_solved_share(mixed):
    """Exact is within any gap at once; what never answers stays at zero."""
    _, results = mixed
    assert results.profiles["exact"][0][1] == 1.0
    assert results.profiles["infeasible"][-1][1] == 0.0
    shares = [share for _, share in results.profiles["noisy"]]
    assert shares == sorted(shares)


def test_solutions_and_pictures_are_files(mixed, trouble):
    """Each answer that counts can be read again; the winner is drawn."""
    folder, results = mixed
    value = trouble.Guess().instances("test", 16).value
    solution = trouble.Answer.restore(folder / "solutions" / "exact" / "1-3.npz")
    assert solution.guess[0] == value[3]
    assert [p["contestant"] for p in results.pictures] == ["exact"]
    assert (folder / results.pictures[0]["file"]).read_text().lstrip().startswith("<?xml")


def test_the_run_is_a_run(mixed):
    """Finished, with its configuration and one line of metrics per answer."""
    from headway.runs import Run

    folder, _ = mixed
    run = Run.open(folder)
    assert (run.status, run.provenance["verb"]) == ("finished", "compare")
    assert len(run.metrics()) == 6 * 2 * 16
    assert run.config["contestants"][3] == {"name": "abort", "above": 7.5}


def test_the_reference_can_be_a_contestant(trouble, tmp_path):
    """Its own gap is then zero, and better ones are negative."""
    results = compared(["exact", "rounding"], tmp_path, n=4, reference="rounding")
    assert row(results, "rounding").gap == 0
    assert row(results, "exact").gap < 0
    assert results.reference["name"] == "rounding"


def test_without_references_the_best_found_stands_in(trouble, tmp_path, monkeypatch):
    """And is called so; oracles take no part in it."""
    monkeypatch.setattr(trouble.Guess, "references", lambda self, instance: {})
    results = compared(["rounding", "noisy", "clairvoyant"], tmp_path, n=4)
    assert results.reference["name"] == "best of this comparison"
    best = np.min([[s.objective for s in results.scores if s.contestant == c] for c in ("rounding", "noisy")], axis=0)
    np.testing.assert_allclose(results.reference["values"], best)


def test_results_that_cannot_be_are_told(trouble, tmp_path, monkeypatch):
    """A feasible answer better than a proven optimum means that one of the two is wrong."""
    from headway import Reference

    def wrong(self, instance):
        return {"wrong": Reference("optimum", np.full(len(instance), 1.2), "a misprint")}

    monkeypatch.setattr(trouble.Guess, "references", wrong)
    results = compared(["exact"], tmp_path, n=2)
    assert any("one of them is wrong" in note for note in results.notes)


def test_false_bounds_are_told(trouble, tmp_path, monkeypatch):
    """A solver that claims a bound of 1 where somebody scores less is found out."""
    original = trouble.Guess.evaluate

    def cheaper(self, instance, solution):
        found = original(self, instance, solution)
        return type(found)(found.objective - 0.5, found.violations)

    monkeypatch.setattr(trouble.Guess, "evaluate", cheaper)
    results = compared(["exact"], tmp_path, n=1)
    assert any("reports a bound" in note for note in results.notes)


def test_instances_from_files(trouble, tmp_path):
    """Two files, cut to n; their digests identify them."""
    problem = trouble.Guess()
    first, second = problem.instances("train", 3), problem.instances("train", 3, 7)
    files = [first.save(tmp_path / "a.npz"), second.save(tmp_path / "b.npz")]
    results = compared(["exact"], tmp_path / "runs", instances=files, n=5)
    assert results.instances["n"] == 5
    assert results.instances["digests"][4] == second[1].digest()


def test_empty_files_are_refused(trouble, tmp_path):
    """There is nothing to compare on."""
    file = trouble.Target(np.zeros(0)).save(tmp_path / "none.npz")
    with pytest.raises(DataError, match="no instance"):
        compared(["exact"], tmp_path, instances=[file])


def test_two_contestants_cannot_share_a_label(trouble, tmp_path):
    """Only learned ones may, as training seeds."""
    with pytest.raises(ConfigError, match="one label"):
        compared(["steady", {"name": "steady", "every": 0.5}], tmp_path)


def test_unknown_contestants_leave_no_run(trouble, tmp_path):
    """The error comes before anything is made."""
    with pytest.raises(UnknownNameError, match="did you mean 'exact'"):
        compared(["exat"], tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_unknown_references_are_refused(trouble, tmp_path):
    """With what there is."""
    with pytest.raises(UnknownNameError, match="by definition"):
        compared(["exact"], tmp_path, n=1, reference="nothing")


# -- learned contestants ------------------------------------------------------------------------
@pytest.fixture
def policy(trouble, tmp_path):
    """A run folder with an untrained policy for the guessing problem."""
    from headway.nn.mlp import MLP
    from headway.storage.stored import Description, StoredPolicy, save_policy

    description = Description.of(trouble.Guess().environment(), MLP(), "greedy")
    save_policy(StoredPolicy(description.build(), description), tmp_path / "agent" / "policy")
    return tmp_path / "agent"


def test_registered_policies_are_contestants(trouble, policy, tmp_path):
    """A comparison and a solver's command find `models:/NAME@alias` at their tracker, with what its training says."""
    from headway.runs import Run
    from headway.tracking import log_policy

    uri = f"sqlite:///{tmp_path}/mlflow.db"
    with Run.create("train", {}, problem="trouble/guess", root=tmp_path / "runs") as run:
        pass
    _training(policy, cpu_seconds=12.5, digests=[trouble.Guess().instances("test", 3)[2].digest()])
    assert log_policy(run, policy / "policy", "tiny", uri=uri) == "1"
    results = compared(["models:/tiny@challenger", "exact"], tmp_path / "runs", n=2, tracking=uri, ablations=False)
    assert {r.contestant: r.kind for r in results.rows} == {"exact": "classical", "tiny@challenger": "learned"}
    assert row(results, "tiny@challenger").feasible == 1.0
    assert row(results, "tiny@challenger").training_seconds == 12.5
    with pytest.raises(LeakageError, match="tiny@challenger"):
        compared(["models:/tiny@challenger", "exact"], tmp_path / "runs", n=3, tracking=uri)
    file = trouble.Guess().instances("test", 2).save(tmp_path / "two.npz")
    asked = {"problem": {"name": "trouble/guess"}, "instance": file, "contestant": "models:/tiny@challenger"}
    assert solve(SolveConfig(**asked, tracking=uri))["contestant"] == "tiny@challenger"


def test_learned_contestants_stand_beside_their_ablation(trouble, policy, tmp_path):
    """A policy brings random actions with it, and the verdict sets learned against classical."""
    _training(policy, cpu_seconds=12.5)
    results = compared([str(policy), "exact"], tmp_path / "runs", n=4)
    assert {r.contestant: r.kind for r in results.rows} == {
        "exact": "classical",
        "agent": "learned",
        "random (once)": "ablation",
    }
    assert row(results, "agent").training_seconds == 12.5
    assert any("agent is " in note and "random (once), its ablation" in note for note in results.notes)
    assert results.decision is not None
    assert (results.decision.winner, results.decision.rival) == ("exact", "agent")
    assert (results.decision.winner_kind, results.decision.rival_kind) == ("classical", "learned")


def test_a_policy_that_ships_needs_no_training(trouble, policy, tmp_path, monkeypatch):
    """It is entered by its name, and the notes say what it was trained for, where that is something else."""
    monkeypatch.syspath_prepend(policy.parent)
    (policy.parent / "shipping").mkdir()
    (policy.parent / "shipping" / "__init__.py").touch()
    shutil.copytree(policy, policy.parent / "shipping" / "wise")
    monkeypatch.setattr(trouble.Guess, "policies", {"wise": "shipping:wise"})
    home = compared(["wise", "exact"], tmp_path / "runs", n=2)
    assert row(home, "wise").kind == "learned"
    assert not any("was trained with" in note for note in home.notes)
    abroad = compared(["wise", "exact"], tmp_path / "runs", n=2, problem={"name": "trouble/guess", "spread": 4.0})
    assert "wise was trained with spread=9.0 (here 4.0)." in abroad.notes


def test_runs_with_one_label_are_training_seeds(trouble, policy, tmp_path):
    """Three runs, one row with three seeds; and nothing beside it where ablations are off."""
    twins = [shutil.copytree(policy, tmp_path / f"seed{i}") for i in range(3)]
    for twin in twins:
        _training(twin, cpu_seconds=2.0)
    entries = [{"name": str(twin), "label": "mlp"} for twin in twins]
    results = compared(entries, tmp_path / "runs", n=2, ablations=False)
    (found,) = results.rows
    assert (found.contestant, found.seeds, found.training_seconds) == ("mlp", 3, 6.0)
    assert sorted({s.seed for s in results.scores}) == [0, 1, 2]


def test_instances_seen_in_training_are_refused(trouble, policy, tmp_path):
    """The digest of one test instance in training.json is enough."""
    digest = trouble.Guess().instances("test", 4)[2].digest()
    _training(policy, digests=["0" * 64, digest])
    with pytest.raises(LeakageError, match="1 of 4"):
        compared([str(policy), "exact"], tmp_path / "runs", n=4)


def test_hybrids_are_compared_with_the_same_code_and_chance(trouble, policy, tmp_path):
    """The ablation of a hybrid keeps its solver."""
    results = compared([{"name": "guided", "policy": str(policy)}], tmp_path / "runs", n=2)
    assert {r.contestant: r.kind for r in results.rows} == {
        "guided(policy=agent)": "hybrid",
        "guided(policy=random)": "ablation",
    }


def _training(run, **content):
    (run / "training.json").write_text(json.dumps(content))
