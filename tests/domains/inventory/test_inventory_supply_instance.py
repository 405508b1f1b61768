"""Paths of supply networks and lists of shipments: what is refused, padded, written and read."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.domains.inventory.supply.instance import SupplyPath
from headway.domains.inventory.supply.shipments import Shipments, read_csv, write_csv
from headway.domains.inventory.supply.structure import cycles
from headway.errors import InstanceError, SolutionError


def chain(nodes=2, periods=4, batch=2, **changes):
    """Nodes in a row, the last of which sells; one unit is asked for in each period."""
    demand = np.zeros((batch, periods, nodes))
    demand[:, :, -1] = 1.0
    ends = np.arange(nodes)
    zeros, ones = np.zeros(nodes), np.ones(nodes)
    fields = {
        "nodes": np.array([f"n{i}" for i in ends]),
        "holding": ones,
        "penalty": np.where(ends == nodes - 1, 9.0, 0.0),
        "lost": zeros.astype(bool),
        "stock": 2 * ones,
        "node_scale": ones,
        "spread": zeros,
        "tail": ends - 1,
        "head": ends,
        "lead_time": np.ones(nodes, int),
        **dict.fromkeys(("unit_cost", "transit", "fixed", "lot"), zeros),
        "capacity": ones * np.inf,
        "edge_scale": ones,
        "warmup": 0,
        "horizon": periods,
    }
    return SupplyPath.of(demand, **fields | changes)


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("demand", -1.0, ">= 0"),
        ("demand", np.nan, "finite"),
        ("holding", -0.1, ">= 0"),
        ("capacity", np.nan, "infinity"),
        ("lead_time", -1, "whole periods"),
        ("edge_scale", 0.0, "> 0"),
        ("tail", 7, "a node of the row"),
        ("head", 5, "a node of the row"),
        ("warmup", 4, "warmup < horizon"),
        ("horizon", 9, "periods of demand"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_place(field, value, rule):
    arrays = chain().arrays()
    arrays[field] = arrays[field].copy()
    arrays[field].flat[-1] = value
    with pytest.raises(InstanceError) as refusal:
        SupplyPath(**arrays)
    assert f"SupplyPath.{field}[1" in str(refusal.value.where)
    assert rule in str(refusal.value.expected)


def test_demand_needs_a_penalty():
    with pytest.raises(InstanceError, match="without penalty"):
        chain(penalty=np.zeros(2))


def test_demand_needs_a_name():
    arrays = chain().arrays() | {"nodes": np.array([["n0", ""]] * 2)}
    arrays |= {name: np.array([[first, -1]] * 2) for name, first in (("tail", -1), ("head", 0))}
    with pytest.raises(InstanceError, match="without a name"):
        SupplyPath(**arrays)


def test_a_lead_time_of_the_wrong_type_is_refused():
    with pytest.raises(InstanceError, match="signed integer") as refusal:
        chain(lead_time=np.array([1.0, 1.5]))
    assert refusal.value.where == "SupplyPath.lead_time"


def test_demand_after_the_horizon_is_refused():
    with pytest.raises(InstanceError, match="from the horizon on"):
        chain(horizon=3)


@given(st.lists(st.tuples(st.integers(-1, 5), st.integers(0, 5)), min_size=1, max_size=9))
@settings(max_examples=150, deadline=None)
def test_cycles_are_what_networkx_finds(links):
    tail, head = (np.array([ends], np.int64) for ends in zip(*links, strict=True))
    graph = nx.MultiDiGraph([(t, h) for t, h in links if t >= 0])
    assert cycles(tail, head, 6).any() == (not nx.is_directed_acyclic_graph(graph))


def test_batches_of_other_networks_and_lengths_are_joined():
    joined = SupplyPath.concat([chain(2, 4), chain(3, 6, stock=np.array([1.0, 2.0, 3.0]))])
    assert joined.nodes[0].tolist() == ["n0", "n1", ""]
    assert joined.head[0].tolist() == [0, 1, -1]
    assert joined.horizon.tolist() == [4, 4, 6, 6]
    assert joined.exists.sum(axis=1).tolist() == [2, 2, 3, 3]


def test_a_view_ends_before_the_period():
    assert chain().until(3).demand.shape == (2, 3, 2)
    assert chain().until(0).demand.shape == (2, 0, 2)


def test_shipments_are_written_and_read_bit_for_bit(tmp_path):
    path = chain()[0]
    quantity = np.round(np.random.default_rng(0).exponential(size=(1, 4, 2)), 17) * (
        np.arange(8).reshape(1, 4, 2) % 3 > 0
    )
    file = write_csv(path, Shipments(quantity), tmp_path / "plan.csv")
    assert (read_csv(path, file).quantity == quantity).all()
    assert file.read_text().startswith("period,link,from,to,quantity\n0,1,n0,n1,")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("9,0,outside,n0,1", "an unknown period"),
        ("0,2,outside,n0,1", "an unknown link"),
        ("0,1,outside,n1,1", "a link has other ends"),
        ("0,0,outside,n0,many", "a quantity is no number"),
        ("0,0,outside,n0", "another number of cells"),
        ("1,1,n0,n1,2", "listed twice"),
    ],
)
def test_a_bad_line_of_shipments_is_refused_with_its_number(tmp_path, line, told):
    file = tmp_path / "plan.csv"
    file.write_text(f"period,link,from,to,quantity\n1,1,n0,n1,2\n{line}\n")
    with pytest.raises(SolutionError, match=told) as refusal:
        read_csv(chain()[0], file)
    assert f"{file}, line 3" in str(refusal.value.where)
