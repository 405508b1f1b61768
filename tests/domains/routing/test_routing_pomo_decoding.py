"""Decodings of the POMO policy: feasible, never worse than simpler ones, refused with nothing to go by."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from gymnasium import spaces

from headway import make_problem
from headway.contest.chance import RandomPolicy
from headway.domains.routing.learned.beam import beam
from headway.domains.routing.learned.decoding import Decoding
from headway.domains.routing.learned.pomo_guide import Guide, best
from headway.errors import CapabilityError, ConfigError
from headway.solver import Budget, Search

MODES = ("greedy", "starts", "symmetry", "sample", "beam", "active")


class Trained:
    """What a guide asks of a stored policy."""

    def __init__(self, problem):
        torch.manual_seed(0)
        self.network = problem.network("pomo", layers=1, feedforward=32).build(spaces.Dict(), spaces.Discrete(2))


def solved(problem, instance, cpu=60.0, **options):
    """The answer of a decoding, and the objectives it has reported."""
    told = []
    search = Search(Budget(cpu=cpu), report=lambda routes, _: told.append(routes))
    routes = Decoding(**{"policy": Trained(problem), "samples": 40, **options}).solve(problem, instance, search)
    objective = [float(problem.evaluate(instance, answer).objective[0]) for answer in [*told, routes]]
    return routes, objective


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("by", ["policy", "near"])
def test_feasible_and_better_each_time(mode, by):
    """Every incumbent is shorter than the one before, the answer is the last, and starts at the greedy one."""
    problem = make_problem("routing/vrptw", customers=10)
    instance = problem.instances("validation", 1)
    routes, objective = solved(problem, instance, mode=mode, by=by)
    assert problem.evaluate(instance, routes).feasible[0]
    assert objective[-1] == objective[-2]
    assert (np.diff(objective[:-1]) < 0).all()
    assert objective[0] == solved(problem, instance, mode="greedy", by=by)[1][0]


def test_more_copies_are_no_worse():
    """One episode, all starts, eight copies of these."""
    problem = make_problem("routing/cvrp", customers=12)
    for seed in range(3):
        instance = problem.instances("validation", 1, seed)
        one, starts, symmetry = (solved(problem, instance, mode=mode)[1][-1] for mode in MODES[:3])
        assert symmetry <= starts <= one


def test_a_beam_of_one_is_greedy_and_a_wide_one_holds_likelier_episodes():
    """The first state of a beam is its likeliest; lengths are those of its routes."""
    problem = make_problem("routing/cvrp", customers=10)
    instance = problem.instances("validation", 1)
    guide = Guide(problem, instance, Trained(problem))
    greedy = guide.likeliest(np.zeros(1, np.int64))
    one, wide = beam(guide, 1), beam(guide, 16)
    assert one.route[0, 0].tolist() == greedy.route[0, 0].tolist()
    assert one.length[0, 0] == pytest.approx(greedy.length[0, 0])
    assert len({tuple(route) for route in wide.route[0].tolist()}) == 16
    routes, length = best(wide)
    assert problem.evaluate(instance, routes).objective[0] == pytest.approx(length)


def test_time_ends_it_after_the_first_answer():
    """Without time there is one greedy answer and at most one round."""
    problem = make_problem("routing/cvrp", customers=10)
    instance = problem.instances("validation", 1)
    assert len(solved(problem, instance, cpu=0.0, mode="sample", samples=10**6)[1]) <= 3


def test_without_a_policy_episodes_are_random_and_repeat():
    """The ablation: any episodes at all, the same ones for the same seed."""
    problem = make_problem("routing/cvrp", customers=10)
    instance = problem.instances("validation", 1)
    runs = [solved(problem, instance, mode="starts", policy=RandomPolicy())[1] for _ in range(2)]
    assert runs[0] == runs[1]
    assert runs[0][-1] > solved(problem, instance, mode="starts", by="near")[1][-1]


def test_other_policies_and_nothing_to_go_by_are_refused():
    """A policy without tables; a beam or active search over chance."""
    problem = make_problem("routing/cvrp", customers=10)
    with pytest.raises(CapabilityError, match="whole episodes"):
        Guide(problem, problem.instances("validation", 1), object())
    with pytest.raises(ConfigError, match="nothing to go by"):
        Decoding(policy=RandomPolicy(), mode="beam", by="random")
