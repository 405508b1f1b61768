"""One cluster while its requests are placed, in plain Python."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from headway.domains.vm_rescheduling.cluster.instance import NODES
from headway.domains.vm_rescheduling.placement.instance import Stream


class Size(NamedTuple):
    """What a VM takes of each of its nodes."""

    cores: int
    memory: int
    nodes: int


class Replay:
    """The cluster of one row, from request to request."""

    def __init__(self, stream: Stream, row: int) -> None:
        self.active = stream.active[row].tolist()
        self.cores = [c for machine in stream.cpu[row].tolist() for c in machine]
        self.memory = [m for machine in stream.memory[row].tolist() for m in machine]
        requests = int(stream.requests[row])
        sizes = (stream.vm_cpu, stream.vm_memory, stream.vm_nodes)
        self.requests = [_size(*size) for size in zip(*(s[row, :requests].tolist() for s in sizes), strict=True)]
        self.time = stream.time[row].tolist()
        self.until = stream.until[row].tolist()
        self.alive: list[tuple[float, Size, int]] = []
        there = (stream.there_cpu, stream.there_memory, stream.there_nodes, stream.there_at, stream.there_until)
        for cores, memory, nodes, at, until in zip(*(field[row].tolist() for field in there), strict=True):
            if nodes:
                self._take(_size(cores, memory, nodes), at, 1)
                self.alive.append((until, _size(cores, memory, nodes), at))
        for turn, at in enumerate(stream.placed[row, :requests].tolist()):
            if at >= 0:
                self._take(self.requests[turn], at, 1)
                self.alive.append((self.until[turn], self.requests[turn], at))

    def arrive(self, turn: int) -> Size:
        """Whatever goes until request ``turn`` comes goes; its size."""
        for until, size, at in self.alive:
            if until <= self.time[turn]:
                self._take(size, at, -1)
        self.alive = [vm for vm in self.alive if vm[0] > self.time[turn]]
        return self.requests[turn]

    def exists(self, size: Size, node: int) -> bool:
        """Whether a VM of this size may name this node at all."""
        inside = 0 <= node < len(self.cores) and self.active[node // NODES]
        return inside and (size.nodes == 1 or node % NODES == 0)

    def fits(self, size: Size, node: int) -> bool:
        """Whether there is room for it."""
        taken = range(node, node + size.nodes)
        return self.exists(size, node) and all(
            self.cores[n] >= size.cores and self.memory[n] >= size.memory for n in taken
        )

    def room(self, size: Size) -> list[int]:
        """All nodes with room for it."""
        return [node for node in range(len(self.cores)) if self.fits(size, node)]

    def place(self, turn: int, node: int) -> Counter[str]:
        """Place request ``turn``, or refuse it (node -1); what is wrong with that, by kind."""
        size = self.requests[turn]
        if node == -1:
            return Counter(refused=int(bool(self.room(size))))
        if not self.exists(size, node):
            return Counter(unknown=1)
        missing: Counter[str] = Counter()
        for n in range(node, node + size.nodes):
            missing["cpu"] += max(0, size.cores - self.cores[n])
            missing["memory"] += max(0, size.memory - self.memory[n])
        if not missing.total():  # what does not fit is not placed, so that one mistake is counted once
            self._take(size, node, 1)
            self.alive.append((self.until[turn], size, node))
        return missing

    def _take(self, size: Size, node: int, sign: int) -> None:
        for n in range(node, node + size.nodes):
            self.cores[n] -= sign * size.cores
            self.memory[n] -= sign * size.memory


def _size(cores: int, memory: int, nodes: int) -> Size:
    return Size(cores // nodes, memory // nodes, nodes)
