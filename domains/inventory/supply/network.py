"""Any supply network: a directed graph without cycles."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator

from headway.components import component
from headway.domains.inventory.supply.base import SupplyProblem
from headway.domains.inventory.supply.catalogue import CATALOGUE
from headway.domains.inventory.supply.graph import SUFFIXES, node_link, read
from headway.domains.inventory.supply.graph_data import layout
from headway.domains.inventory.supply.layout import Layout
from headway.errors import UnknownNameError


def _as_data(graph: Any) -> Any:
    """A networkx graph as node-link data, which a configuration can hold; anything else as it is."""
    return node_link(graph) if hasattr(graph, "adj") else graph


@component
class Network(SupplyProblem):
    """What to ship along each link of a graph.

    graph : a name (tree, diamond, two_warehouses), a file (``.json`` in networkx's node-link format, ``.graphml``),
        a networkx `DiGraph`, or its node-link data; README.md lists the attributes of nodes and links
    demand : laws by node, which go before those of the graph: ``{store 1: {law: poisson, mean: 5}}``
    """

    name: ClassVar[str] = "inventory/network"

    graph: Annotated[str | dict[str, Any], BeforeValidator(_as_data)] = "tree"
    demand: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)

    @cached_property
    def layout(self) -> Layout:
        data, source = self._data()
        return layout(data, source, self.initial, self.demand)

    def _data(self) -> tuple[dict[str, Any], str]:
        """Node-link data, and what errors call it."""
        if not isinstance(self.graph, str):
            return self.graph, "problem.graph"
        if self.graph in CATALOGUE:
            return CATALOGUE[self.graph](), self.graph
        if Path(self.graph).suffix in SUFFIXES:
            return read(Path(self.graph)), self.graph
        raise UnknownNameError("network", self.graph, [*CATALOGUE, *(f"*{s}" for s in SUFFIXES)], where="problem.graph")
