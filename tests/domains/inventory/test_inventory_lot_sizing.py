"""Lot sizing: a worked example, the dynamics against the scorer, rules, the bound, the network, bad input."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from headway import make_problem, rollout
from headway.domains.inventory.lot_sizing.bound import lower_bound
from headway.domains.inventory.lot_sizing.evaluate import evaluate, replay
from headway.domains.inventory.lot_sizing.instance import PlantPath
from headway.domains.inventory.lot_sizing.plan import Plan, read_csv, write_csv
from headway.errors import CapabilityError, DataError, InstanceError, SolutionError, UnknownNameError


def plant_path(**changes):
    """Two items, two machines, two periods; the second machine cannot make item 1."""
    fields = {
        "demand": np.array([[[4.0, 6.0], [0.0, 3.0]]]),
        "horizon": np.array([2]),
        "mean": np.array([[2.0, 4.0]]),
        "std": np.array([[1.0, 1.0]]),
        "stock": np.array([[3.0, 1.0]]),
        "setup": np.array([[1, 0]]),
        "rate": np.array([[[6.0, 4.0], [0.0, 5.0]]]),
        "setup_cost": np.array([[[3.0, 2.0], [0.0, 7.0]]]),
        "setup_loss": np.array([[[1.0, 2.0], [0.0, 1.0]]]),
        "holding": np.array([[0.5, 0.5]]),
        "penalty": np.array([[2.0, 10.0]]),
        "capacity": np.array([[4.0, 8.0]]),
    }
    return PlantPath(**fields | changes)


# Period 1: both machines change to item 2 and make 4 - 2 and 5 - 1 of it, stock 3, 7; one unit of item 1 is short, one
# of item 2 stays: 2 + 7 + 2 + 0.5. Period 2: machine 1 changes back and makes 5, machine 2 makes 5, stock 5, 6; item 1
# has room for 4 of 5, three of item 2 stay: 3 + 0.5 x 7.
PLAN = np.array([[[2, 2], [1, 2]]])
COSTS = np.array([[11.5, 6.5]])


@pytest.fixture(scope="module")
def problem():
    return make_problem("inventory/lot_sizing", horizon=20)


@pytest.fixture(scope="module")
def path(problem):
    return problem.instances("tuning", 6)


def test_scorer_by_hand():
    """Costs, changes, shortage and waste of the worked example."""
    scored = evaluate(plant_path(), Plan(PLAN))
    assert scored.series["objective"] == pytest.approx(COSTS)
    assert scored.objective == pytest.approx([18.0])
    expected = {
        "setup_cost": 12.0,
        "holding_cost": 4.0,
        "penalty_cost": 2.0,
        "changes": 3,
        "wasted": 1,
        "idle_share": 0,
    }
    assert {name: scored.metrics[name].item() for name in expected} == pytest.approx(expected)
    assert scored.metrics["fill_rate"] == pytest.approx([12 / 13])
    assert scored.feasible.all()


def test_steps_by_hand(problem):
    """Machine by machine: a change is paid for at once, the period's costs come with the last machine."""
    environment, path = problem.environment(), plant_path()
    params = environment.prepare(path)
    state, rewards, stocks = environment.reset(params), [], []
    for item in PLAN.ravel():
        assert environment.mask(params, state)[0].tolist() == [True, state.machine[0] == 0, True]
        moved = environment.step(params, state, np.array([item]))
        state = moved.state
        rewards.append(moved.reward.item())
        stocks.append(state.stock[0].tolist())
    assert rewards == pytest.approx([-2.0, -9.5, -3.0, -3.5])
    assert stocks == [[3, 3], [0, 1], [5, 1], [4, 3]]
    assert moved.terminated.all()


def test_idle_machines_lose_their_setup():
    """After a period of rest the same item has to be set up again."""
    path = plant_path(demand=np.zeros((1, 3, 2)), horizon=np.array([3]))
    ledger = replay(path, np.array([[[1, 0], [0, 0], [1, 0]]]))
    assert ledger.paid.tolist() == [[0, 0, 3]]


def test_post_decision_is_the_state_before_demand(problem):
    """Once the last machine is told, all goods are made and no machine is next."""
    environment, path = problem.environment(), plant_path()
    params = environment.prepare(path)
    state = environment.step(params, environment.reset(params), np.array([2])).state
    seen = environment.post_decision(params, state, np.array([2]))
    assert seen["stock"][0] == pytest.approx([3 / 2, 7 / 4])
    assert seen["phase"].tolist() == [[0, 0]]
    assert seen["setup"].tolist() == [[[0, 1], [0, 1]]]


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(1, 3))
def test_returns_are_minus_the_score(seed, items, machines):
    """Random legal play on random plants: the environment and the scorer agree."""
    problem = make_problem("inventory/lot_sizing", setting="drawn", items=items, machines=machines, horizon=6)
    path, rng = problem.instances("tuning", 3), np.random.default_rng(seed)
    environment = problem.environment()
    params = environment.prepare(path)
    state, total, decisions = environment.reset(params), np.zeros(3), []
    for _ in range(6 * machines):
        mask = environment.mask(params, state)
        decisions.append((rng.random(mask.shape) * mask).argmax(axis=1))
        moved = environment.step(params, state, decisions[-1])
        state, total = moved.state, total + moved.reward
    assert moved.terminated.all()
    scored = problem.evaluate(path, environment.solution(path, np.stack(decisions, 1), np.full(3, 6), state))
    assert scored.feasible.all()
    assert scored.objective == pytest.approx(-total)


# -- rules, bound, network --------------------------------------------------------------------------
def test_rules_in_their_order(problem, path):
    """The greedy rule and the run-out rule on the same episodes, and what the bound says of them."""
    cost = {}
    for name in ("keep_setup", "greedy_cover", "run_out"):
        cost[name] = problem.evaluate(
            path, rollout(problem.environment(), problem.baseline(name), path).solution
        ).objective
    assert cost["run_out"].mean() < cost["greedy_cover"].mean() < cost["keep_setup"].mean()
    bound = problem.references(path)["perfect_information"].value
    assert (bound > 0).all()
    for name, values in cost.items():
        assert (bound <= values + 1e-9).all(), name


def test_greedy_rule_is_the_published_one():
    """3312 per episode by an independent program after the same description."""
    problem = make_problem("inventory/lot_sizing")
    path = problem.instances("tuning", 60)
    scored = problem.evaluate(path, rollout(problem.environment(), problem.baseline("greedy_cover"), path).solution)
    assert scored.objective.mean() == pytest.approx(3312, rel=0.01)


def test_bound_is_the_optimum_of_one_machine_and_item():
    """Without rivals there is nothing to relax: the best of all plans, tried one by one."""
    one = {"mean": np.ones((1, 1)), "std": np.ones((1, 1)), "stock": np.array([[2.0]]), "setup": np.array([[0]])}
    one |= {name: np.array([[value]]) for name, value in (("holding", 0.5), ("penalty", 2.0), ("capacity", 5.0))}
    one |= {name: np.array([[[value]]]) for name, value in (("rate", 4.0), ("setup_cost", 3.0), ("setup_loss", 1.0))}
    path = PlantPath(demand=np.array([[[1.0], [3.0], [2.0], [6.0]]]), horizon=np.array([4]), **one)
    plans = np.array(np.meshgrid(*[[0, 1]] * 4)).reshape(4, -1).T[:, :, None]
    best = min(evaluate(path, Plan(plan[None])).objective.item() for plan in plans)
    assert lower_bound(path, np.array([best + 1]), 3) == pytest.approx([best])


def test_bound_counts_goods(problem):
    """Goods that are not whole numbers are refused by name."""
    with pytest.raises(CapabilityError, match=r"PlantPath\.rate"):
        lower_bound(plant_path(rate=np.array([[[6.5, 4.0], [0.0, 5.0]]])), np.array([20.0]), 1)


def test_network_does_not_care_how_items_are_numbered(problem, path):
    """Logits follow the items, the value stays."""
    environment = problem.environment()
    seen = environment.observe(*(lambda params: (params, environment.reset(params)))(environment.prepare(path)))
    order = np.random.default_rng(0).permutation(path.items)
    moved = {n: a[:, order] if n in ("stock", "items") else a for n, a in seen.items()}
    moved |= {n: seen[n][:, :, order] for n in ("setup", "rate", "setup_cost", "setup_loss")}
    torch.manual_seed(0)
    network = problem.network("item_scores").build(*environment.spaces(environment.prepare(path)))
    for parameter in network.parameters():  # heads begin near 0, where all logits are alike
        torch.nn.init.normal_(parameter, std=0.3)
    with torch.no_grad():
        first, second = (
            network.encode({n: torch.as_tensor(np.array(a)) for n, a in each.items()}) for each in (seen, moved)
        )
        logits, other = network.actor(first), network.actor(second)
        assert logits.std() > 0.1
        torch.testing.assert_close(other[:, 0], logits[:, 0])
        torch.testing.assert_close(other[:, 1:], logits[:, 1:][:, order])
        torch.testing.assert_close(network.critic(second), network.critic(first))


# -- files and bad input ----------------------------------------------------------------------------
def test_plans_go_through_files(tmp_path):
    """A plan with idle machines is read as it was written."""
    plan = Plan(np.array([[[0, 2], [1, 0]]]))
    file = write_csv(plan, tmp_path / "plan.csv")
    assert file.read_text() == "period,machine,item\n1,2,2\n2,1,1\n"
    assert read_csv(plant_path(), file).item.tolist() == plan.item.tolist()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("period,machine\n1,1\n", "line 1"),
        ("period,machine,item\n1,1,1\n3,1,1\n", "unknown period(.|\n)*line 3"),
        ("period,machine,item\n1,0,1\n", "unknown machine(.|\n)*line 2"),
        ("period,machine,item\n1,1,x\n", "unknown item(.|\n)*line 2"),
        ("period,machine,item\n1,1,1\n1,1,2\n", "told twice(.|\n)*line 3"),
        ("period,machine,item\n1,1\n", "number of cells(.|\n)*line 2"),
    ],
)
def test_bad_files(tmp_path, text, what):
    """The message names the line."""
    file = tmp_path / "plan.csv"
    file.write_text(text)
    with pytest.raises(SolutionError, match=what):
        read_csv(plant_path(), file)


def test_bad_plans():
    """Unknown items and machines that cannot are violations; another size is an error."""
    scored = evaluate(plant_path(), Plan(np.array([[[3, 1], [-1, 1]]])))
    assert scored.violations["unknown_item"].tolist() == [2]
    assert scored.violations["unable"].tolist() == [2]
    assert not scored.feasible.any()
    with pytest.raises(SolutionError, match="does not fit"):
        evaluate(plant_path(), Plan(PLAN[:, :1]))
    with pytest.raises(SolutionError, match="another type"):
        evaluate(plant_path(), Plan(PLAN.astype(float)))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"demand": np.array([[[4.0, -6.0], [0.0, 3.0]]])}, "demand"),
        ({"demand": np.array([[[4.0, np.nan], [0.0, 3.0]]])}, "demand"),
        ({"mean": np.zeros((1, 2))}, "mean"),
        ({"stock": np.array([[5.0, 1.0]])}, "stock"),
        ({"setup": np.array([[1, 1]])}, "setup"),
        ({"setup": np.array([[3, 0]])}, "setup"),
        ({"setup": np.array([[1.0, 0.0]])}, "setup"),
        ({"horizon": np.array([3])}, "horizon"),
        ({"penalty": np.ones((1, 3))}, "penalty"),
    ],
)
def test_bad_instances(changes, field):
    """The message names the field."""
    with pytest.raises(InstanceError, match=field):
        plant_path(**changes).validate()


def test_bad_plants(tmp_path):
    """Unknown settings, and files that lack a key or a number."""
    with pytest.raises(UnknownNameError, match="16x5"):
        make_problem("inventory/lot_sizing", setting="16x5").instances("test", 1)
    file = tmp_path / "plant.yaml"
    file.write_text("rate: [[1, 2]]\n")
    with pytest.raises(DataError, match="other keys"):
        make_problem("inventory/lot_sizing", setting=str(file)).instances("test", 1)
    figures = "rate: [[1, 2]]\nsetup_cost: 1\nsetup_loss: 0\npenalty: [1, 2, 3]\nholding: 1\ncapacity: 9\n"
    file.write_text(figures)
    with pytest.raises(DataError, match="penalty"):
        make_problem("inventory/lot_sizing", setting=str(file)).instances("test", 1)
    file.write_text(figures.replace(", 3]", "]"))
    assert make_problem("inventory/lot_sizing", setting=str(file)).instances("test", 1).penalty.tolist() == [[1, 2]]


def test_views_hide_the_future(problem, path):
    """A view ends with the period before; the horizon is known."""
    view = problem.view(path, 3)
    assert view.demand.shape[1] == 3
    assert (view.horizon == 20).all()
    assert dataclasses.asdict(view)["stock"].tolist() == path.stock.tolist()
