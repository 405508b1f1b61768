"""Networks as node-link data (what networkx writes as JSON), checked and turned into a layout."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from headway.components import build
from headway.domains.inventory.demand import LAWS
from headway.domains.inventory.demand.distribution import Distribution
from headway.domains.inventory.supply.layout import Layout, Link, Node
from headway.errors import DataError, HeadwayError, UnknownNameError
from headway.problem import lookup

NODE = ("holding", "penalty", "stock")
LINK = ("unit_cost", "transit", "fixed", "capacity", "lot")
FLAGS = ("lost", "outside")
DEMAND = "demand"


def layout(data: Mapping[str, Any], source: str, covered: float, laws: Mapping[str, Any]) -> Layout:
    """The network that ``data`` describes; ``source`` is what errors call it, ``laws`` go before its own by node.

    Node attributes: `holding`, `penalty`, `lost`, `stock` (at the start), `demand` (a law's name, with its options as
    `demand_mean` and so on; or a mapping with `law` and options), `outside` (true: a supplier with unlimited
    stock, not a node of the network). Link attributes: `lead_time`, `unit_cost`, `transit`, `fixed`, `capacity`, `lot`
    (1 by default where all demand is whole-numbered).

    Raises
    ------
    DataError
        An attribute is unknown, of the wrong type or below zero; the graph is undirected, has a cycle, or a node
        that nobody supplies; a link begins or ends nowhere.
    """
    if not data.get("directed"):
        raise DataError("an undirected graph", where=source, got="directed: false", expected="a DiGraph")
    entries, ways = _list(data, ("nodes",), source), _list(data, ("edges", "links"), source)
    read = {str(entry.get("id")): entry for entry in entries}
    if len(read) < len(entries) or "None" in read:
        names = [entry.get("id") for entry in entries]
        raise DataError("nodes have no names of their own", where=f"{source}, nodes", got=names, expected="unique ids")
    for name in laws:
        if name not in read:
            raise UnknownNameError("node", name, read, where=f"problem.demand.{name}")
        kept = {key: value for key, value in read[name].items() if not key.startswith(DEMAND)}
        read[name] = kept | {DEMAND: laws[name]}
    outside = {name for name, entry in read.items() if _flag(entry, "outside", f"{source}, node {name!r}")}
    nodes = [_node(name, entry, f"{source}, node {name!r}") for name, entry in read.items() if name not in outside]
    whole = all(node.demand.discrete for node in nodes if node.demand)
    links = [_link(entry, read, outside, whole, source) for entry in ways]
    _check_supply(nodes, links, source)
    return Layout(nodes, links, covered)


def _node(name: str, entry: Mapping[str, Any], where: str) -> Node:
    options = {k.removeprefix(f"{DEMAND}_"): v for k, v in entry.items() if k.startswith(f"{DEMAND}_")}
    plain = {k: v for k, v in entry.items() if not k.startswith(f"{DEMAND}_")}
    _check_names(plain, ("id", *NODE, *FLAGS, DEMAND), where)
    law = entry.get(DEMAND)
    if options and not isinstance(law, str):
        raise DataError("options of a law without a name", where=f"{where}, demand", got=law, expected="a law's name")
    if isinstance(law, Mapping):
        options = {k: v for k, v in law.items() if k != "law"}
        law = law.get("law")
    demand = None if law is None else _law(law, options, f"{where}, demand")
    numbers = {field: _number(entry, field, where) for field in NODE if entry.get(field) is not None}
    if demand and not numbers.get("penalty"):
        got = numbers.get("penalty")
        raise DataError("demand without a penalty", where=f"{where}, penalty", got=got, expected="a number > 0")
    return Node(name, **numbers, lost=_flag(entry, "lost", where), demand=demand)


def _link(entry: Mapping[str, Any], nodes: Mapping[str, Any], outside: set[str], whole: bool, source: str) -> Link:
    ends = [str(entry.get(key)) for key in ("source", "target")]
    where = f"{source}, link {ends[0]!r} -> {ends[1]!r}"
    for key, end in zip(("source", "target"), ends, strict=True):
        if end not in nodes:
            raise DataError("an unknown node", where=f"{where}, {key}", got=end, expected=", ".join(nodes),
                            hint=_nearest(end, nodes))  # fmt: skip
    if ends[1] in outside:
        raise DataError("a link into an outside supplier", where=where, got=ends[1], expected="a link out of it")
    _check_names(entry, ("source", "target", "key", "lead_time", *LINK), where)
    lead_time = entry.get("lead_time", 0)
    if isinstance(lead_time, bool) or not isinstance(lead_time, int) or lead_time < 0:
        got = f"{lead_time!r} ({type(lead_time).__name__})"
        raise DataError("a lead time of the wrong type or sign", where=f"{where}, lead_time", got=got,
                        expected="whole periods >= 0")  # fmt: skip
    numbers = {field: _number(entry, field, where) for field in LINK if entry.get(field) is not None}
    tail = None if ends[0] in outside else ends[0]
    return Link(tail, ends[1], lead_time=lead_time, **{"lot": float(whole)} | numbers)


def _check_supply(nodes: Sequence[Node], links: Sequence[Link], source: str) -> None:
    """Every node is supplied, and goods never come back."""
    supplied = {link.head for link in links}
    for node in nodes:
        if node.name not in supplied:
            raise DataError("nobody supplies a node", where=f"{source}, node {node.name!r}", expected="a link into it",
                            hint="add a node with outside=true, and a link from it")  # fmt: skip
    suppliers: dict[str, list[str]] = {n.name: [k.tail for k in links if k.head == n.name and k.tail] for n in nodes}
    while free := [name for name, tails in suppliers.items() if not tails]:
        suppliers = {n: [t for t in tails if t not in free] for n, tails in suppliers.items() if n not in free}
    if suppliers:
        walk = [next(iter(suppliers))]
        while walk[-1] not in walk[:-1]:
            walk.append(suppliers[walk[-1]][0])
        cycle = " -> ".join(walk[walk.index(walk[-1]) :][::-1])
        raise DataError("goods would go round in a cycle", where=source, got=cycle, expected="a graph without cycles")


def _law(name: Any, options: Mapping[str, Any], where: str) -> Distribution:
    try:
        law: Distribution = build(lookup("law of demand", str(name), LAWS), options, where=where)
    except HeadwayError as error:
        raise DataError(error.what, where=where, got=error.got, expected=error.expected, hint=error.hint) from error
    return law


def _number(entry: Mapping[str, Any], field: str, where: str) -> float:
    value = entry[field]
    good = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    if not good or (value == float("inf") and field != "capacity"):
        raise DataError("a number that cannot be", where=f"{where}, {field}", got=repr(value), expected="a number >= 0")
    return float(value)


def _flag(entry: Mapping[str, Any], field: str, where: str) -> bool:
    value = entry.get(field, False)
    if not isinstance(value, bool):
        raise DataError("neither true nor false", where=f"{where}, {field}", got=repr(value), expected="true or false")
    return value


def _list(data: Mapping[str, Any], keys: Sequence[str], source: str) -> list[Mapping[str, Any]]:
    found = next((data[key] for key in keys if key in data), None)
    if not isinstance(found, list) or not found or not all(isinstance(entry, Mapping) for entry in found):
        got = type(found).__name__
        raise DataError("no list of objects", where=f"{source}, {keys[0]}", got=got, expected="node-link data")
    return found


def _check_names(entry: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for key in entry:
        if key not in known:
            raise DataError("an unknown attribute", where=f"{where}, {key}", got=key, expected=", ".join(known),
                            hint=_nearest(key, known))  # fmt: skip


def _nearest(name: str, known: Iterable[str]) -> str | None:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]!r}?" if near else None
