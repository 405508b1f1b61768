from __future__ import annotations

import io
import math

from rich.console import Console

from headway.pipelines.commands.comparing import table, watching
from headway.pipelines.comparison.results import Results, Row


def row(contestant, rank, **values):
    numbers = {"n": 4, "seeds": 1, "feasible": 1.0, "solved": 4, "objective": 10.0}
    gap = {"gap": 0.05, "gap_se": 0.01, "gap_low": 0.04, "gap_high": 0.06, "reference": "best"}
    times = {"seconds": 1.0, "cpu_seconds": 1.0, "load_seconds": 0.0}
    usual = {"kind": "classical", **numbers, **gap, **times}
    return Row(contestant=contestant, rank=rank, **(usual | values))


def printed(rows, gap="ratio"):
    results = Results(verb="compare", verdict="", decision=None, problem={"unit": "distance", "gap": gap}, instances={},
                      seeds=[0], confidence=0.9, resamples=10, reference={}, rows=rows, scores=[])  # fmt: skip
    console = Console(file=io.StringIO(), width=120)
    console.print(table(results))
    return console.file.getvalue().replace("\u202f", " ")


def test_a_row_for_each_contestant():
    """Rank, name, objective, gap and interval in per cent, feasibility, time; names are not read as markup."""
    text = printed([row("solver", 1), row("net [x]", 2, kind="learned", seeds=3, training_seconds=90.0)])
    heading, first, second = (" ".join(line.split()) for line in text.splitlines())
    assert heading == "contestant distance gap 90% interval feasible CPU training"
    assert first == "1 solver 10.00 5.00 % 4.00 % to 6.00 % 100 % 1.00 s"
    assert second == "2 net [x] (learned, 3 seeds) 10.00 5.00 % 4.00 % to 6.00 % 100 % 1.00 s 90.0 s"


def test_oracles_have_no_rank():
    """What sees the future is listed, and never ranked."""
    text = printed([row("solver", 1), row("oracle", None, kind="oracle")])
    assert text.splitlines()[2].split()[:2] == ["-", "oracle"]


def test_gaps_that_are_differences_have_the_unit_of_the_objective():
    """Where a reference may be near zero there is no per cent."""
    assert "0.0500" in printed([row("solver", 1)], gap="difference")


def test_what_is_undefined_is_not_a_number():
    """A contestant without any answer has no objective, gap or interval."""
    nothing = dict.fromkeys(("objective", "gap", "gap_low", "gap_high"), math.nan)
    assert "nan" not in printed([row("solver", 1), row("failed", 2, feasible=0.0, **nothing)])


def test_progress_learns_its_total(capfd):
    """The number of answers, ablations included, is known when the first one is there."""
    with watching("answers") as watch:
        watch(1, 2, "a")
        watch(2, 2, "b")
    assert capfd.readouterr().err == "answers 1/2 a\nanswers 2/2 b\n"


def test_an_ablation_does_not_take_digits_from_the_others():
    """Random actions may cost a hundred times as much; that is no reason to print all others alike."""
    text = printed([row("solver", 1, objective=6.836), row("random", 2, kind="ablation", objective=1443.0)])
    assert "6.836" in text
