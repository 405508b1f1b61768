"""VRPLIB sections that list nodes, or have an amount for each."""

from __future__ import annotations

from headway.domains.routing.files.scan import Scanned


def numbered(file: Scanned, name: str) -> bool:
    """Does the section have a row ``node amount`` for each node? (``BACKHAUL`` may list nodes instead.)"""
    section = file.sections.get(name)
    rows = [] if section is None else section.rows
    return len(rows) == file.whole("DIMENSION") and all(len(row) == 2 for _, row in rows)


def node_list(file: Scanned, name: str) -> list[int]:
    """The node numbers, from 1, of a section that lists them and ends with -1."""
    tokens = [(line, int(number)) for line, row in file.sections[name].rows for number in row]
    if tokens and tokens[-1][1] == -1:
        tokens.pop()
    nodes, seen = file.whole("DIMENSION"), set[int]()
    for line, number in tokens:
        if not 1 <= number <= nodes or number in seen:
            file.refuse(f"an entry of {name}_SECTION is no node", line, number, f"another one of 1..{nodes}, or -1")
        seen.add(number)
    return [number for _, number in tokens]
