from __future__ import annotations

import json
import sys
from importlib.resources import files

import pytest
import yaml

from headway.errors import HeadwayError
from headway.pipelines import demo as module
from headway.pipelines.commands.demo import _gist
from headway.pipelines.configuration import schema
from headway.pipelines.configuration.resolve import resolve
from headway.pipelines.configuration.schema import DemoConfig
from headway.pipelines.demo import Study, demo, judging, studies, training
from headway.registry import problem_class, problems

CONFIGS = files("headway.configs")


def test_studies_are_found_by_their_files():
    """A study is a training experiment with a comparison or a backtest beside it; each domain has one."""
    compared = [Study(name, "compare") for name in ("inventory", "routing", "vm_rescheduling")]
    assert studies() == sorted([*compared, Study("portfolio", "backtest")])


@pytest.mark.parametrize("study", studies())
def test_experiments_that_ship_are_valid(study):
    """Both experiments of a study resolve, and are about the same problem."""
    training = resolve(schema.TrainConfig, "train", [f"config=demo/{study.name}_train"]).config
    model = {"compare": schema.CompareConfig, "backtest": schema.BacktestConfig}[study.verb]
    judging = resolve(model, study.verb, [f"config=demo/{study.name}_{study.verb}"]).config
    assert training.problem.name == judging.problem.name


@pytest.mark.parametrize("path", sorted(p.name for d in (CONFIGS / "problem").iterdir() for p in d.iterdir()))
def test_recommendations_are_for_problems_that_exist(path):
    """A preset's file is named after a problem, and has sections that are verbs."""
    (name,) = [n for n in problems() if n.split("/")[1] == path.removesuffix(".yaml")]
    assert problem_class(name).name == name
    sections = yaml.safe_load((CONFIGS / "problem" / f"{name}.yaml").read_text())
    assert set(sections) <= {"train", "compare", "backtest", "solve", "evaluate", "generate"}


@pytest.mark.parametrize("name", sorted(problems()))
def test_every_problem_can_be_trained_by_name_alone(name):
    """With its recommendations, ``headway train problem=NAME`` needs nothing else."""
    config = resolve(schema.TrainConfig, "train", [f"problem={name}"]).config
    assert config.agent.name


def test_commands_as_a_user_would_type_them(tmp_path):
    """Training runs have known folders, and enter the comparison as the seeds of one agent."""
    config = DemoConfig(seeds=2, steps=100)
    common = [f"runs={tmp_path}", "tracking=off"]
    study = Study("routing", "compare")
    command = training(study, 1, config, common)
    assert command[:4] == ["train", "config=demo/routing_train", "seed=1", "name=routing-1"]
    assert "steps=100" in command
    entries = json.loads(judging(study, config, tmp_path, common)[2].removeprefix("contestants="))
    learned = [entry for entry in entries if entry["name"].startswith(str(tmp_path))]
    assert [entry["name"] for entry in learned] == [str(tmp_path / "routing-0"), str(tmp_path / "routing-1")]
    assert {entry["label"] for entry in learned} == {"reinforce"}
    assert len(entries) > len(learned)


@pytest.fixture
def commands(monkeypatch, tmp_path):
    """A stand-in for the command line: prints an answer, or an error for the verb that is ``BROKEN``.

    The value is what has been attached to which run, and at which tracker.
    """
    script = tmp_path / "stand_in.py"
    script.write_text(
        "import json, os, pathlib, sys\n"
        "if sys.argv[1] == os.environ.get('BROKEN'):\n"
        "    error = {'what': 'out of luck', 'where': None, 'got': '13', 'expected': None, 'hint': 'try again'}\n"
        "    print(json.dumps({'error': error}))\n"
        "    sys.exit(3)\n"
        "if sys.argv[1] == os.environ.get('DEAD'):\n"
        "    print('the last words', file=sys.stderr)\n"
        "    os.abort()\n"
        "given = dict(argument.split('=', 1) for argument in sys.argv[2:] if '=' in argument)\n"
        "folder = pathlib.Path(given['runs'], given['name'])\n"
        "folder.mkdir(parents=True)\n"
        "(folder / 'provenance.json').write_text('{}')\n"
        "print(json.dumps(sys.argv[1:]))\n"
    )
    monkeypatch.setattr(module, "COMMAND", (sys.executable, str(script)))
    from headway.pipelines import report

    monkeypatch.setattr(report, "report", lambda folders, out: out)
    attached = []
    monkeypatch.setattr("headway.tracking.attach", lambda run, file, uri: attached.append((run.folder, file, uri)))
    return attached


def test_all_is_trained_before_anything_is_compared(commands, tmp_path):
    """Every study is trained with every seed, then judged, then reported on; each command is told."""
    told = []
    done = demo(DemoConfig(runs=tmp_path, seeds=2, jobs=2), lambda typed, answer: told.append((typed, answer)))
    verbs = [answer[0] for _, answer in told if answer]
    trained = 2 * len(studies())
    assert verbs[:trained] == ["train"] * trained
    assert sorted(verbs[trained:]) == sorted(study.verb for study in studies())
    assert all(typed.startswith("headway ") for typed, _ in told)
    assert done.report == done.folder / "report.html"
    assert [path.name for path in done.judged] == [study.name for study in studies()]


def test_the_report_is_attached_to_the_runs_it_reports_on(commands, tmp_path):
    """The tracker shows it with every run that compares; where tracking is off, nothing is attached."""
    done = demo(DemoConfig(runs=tmp_path / "a", seeds=1, tracking="sqlite:///x.db"), lambda typed, answer: None)
    assert commands == [(folder, done.report, "sqlite:///x.db") for folder in done.judged]
    commands.clear()
    demo(DemoConfig(runs=tmp_path / "b", seeds=1, tracking="off"), lambda typed, answer: None)
    assert commands == []


def test_the_error_of_a_command_is_the_error_of_the_demo(commands, tmp_path, monkeypatch):
    """What a command refused is told in its own words; nothing after it is started."""
    monkeypatch.setenv("BROKEN", "train")
    told = []
    with pytest.raises(HeadwayError) as failed:
        demo(DemoConfig(runs=tmp_path, seeds=1, jobs=1), lambda typed, answer: told.append(typed))
    assert (failed.value.what, failed.value.got, failed.value.hint) == ("out of luck", "13", "try again")
    assert str(failed.value.where).startswith("headway train")
    assert all("headway train" in typed for typed in told)


def test_a_command_that_dies_leaves_its_last_words(commands, tmp_path, monkeypatch):
    """A crash without an answer is an error, too."""
    monkeypatch.setenv("DEAD", "compare")
    with pytest.raises(HeadwayError, match="the last words"):
        demo(DemoConfig(runs=tmp_path, seeds=1), lambda typed, answer: None)


def test_the_gist_of_an_answer():
    """A training run is told by its validation, a comparison by its winner."""
    trained = {"run": "runs/d/routing-0", "curve": [{"objective": 6.0}], "best": 5.0, "cpu_seconds": 20.4}
    assert _gist(trained) == "routing-0: validation 6 -> 5, 20 CPU-s"
    assert _gist([{"run": "runs/d/routing", "contestant": "ortools"}]) == "routing: 1 contestants, best is ortools"
