"""The rules of a VRPLIB file, checked line by line, so that a broken file is named with its line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from headway.domains.routing.files.node_lists import node_list, numbered
from headway.domains.routing.files.scan import Scanned, Section, scan
from headway.domains.routing.files.vrplib_pairs import DELIVERY, DEMAND, PICKUP, check_pairs
from headway.domains.routing.files.vrplib_pairs import NAME as PAIRS
from headway.domains.routing.files.weights import FORMATS, PLANE, entries

KEYS = ("NAME", "COMMENT", "TYPE", "DIMENSION", "CAPACITY", "DISTANCE", "VEHICLES", "VEHICLES_MAX_DISTANCE",
        "SERVICE_TIME", "EDGE_WEIGHT_TYPE", "EDGE_WEIGHT_FORMAT", "DISPLAY_DATA_TYPE", "NODE_COORD_TYPE")  # fmt: skip
# One row for each node, which begins with its number: how many numbers the row has.
ROWS = {"NODE_COORD": 3, "DISPLAY_DATA": 3, "DEMAND": 2, "TIME_WINDOW": 3, "SERVICE_TIME": 2, "PRIZE": 2,
        PAIRS: 7}  # fmt: skip
SECTIONS = (*ROWS, "DEPOT", "BACKHAUL", "EDGE_WEIGHT", "VEHICLES_DEPOT")
WEIGHTS = ("EUC_2D", "EXACT_2D", *PLANE, "GEO", "EXPLICIT")

KIND = re.compile(
    r"(?P<tour>A?TSP)|(?P<md>MD)?(?P<pc>PC)?(?P<open>O)?"
    r"(([ACD]{0,2}VRP(?P<back>B|MB|MPD|SPD)?)|(?P<pairs>PDP)|(?P<pairtour>PDTSP))(?P<limit>L)?(?P<tw>TW)?"
)
# Part of a type -> what the file must have.
PROMISED = {"back": ("BACKHAUL", PAIRS), "pairs": (PAIRS,), "pairtour": (PAIRS,), "tw": ("TIME_WINDOW", PAIRS),
            "limit": ("VEHICLES_MAX_DISTANCE", "DISTANCE"), "pc": ("PRIZE",), "md": ("DEPOT",)}  # fmt: skip
# Columns of whole numbers; (): all.
WHOLE: dict[str, tuple[int, ...]] = {"DEMAND": (1,), "BACKHAUL": (), "DEPOT": (), PAIRS: (DEMAND, PICKUP, DELIVERY)}


class Kind(NamedTuple):
    """What the TYPE says."""

    tour: bool
    open: bool
    backhaul_last: bool
    both: bool  # the last two columns of PICKUP_AND_DELIVERY are amounts, not nodes


def check(path: Path, text: str) -> tuple[Scanned, Kind]:
    """Read the structure of a VRPLIB file and check its form; values are left to the rules of instances.

    Raises
    ------
    InstanceError
        With file, line, what was found there and what was expected.
    """
    file = scan(path, text, KEYS, SECTIONS)
    kind = _check_headers(file)
    nodes = file.whole("DIMENSION")
    for name in _needed(file, kind):
        if name not in file.sections:
            file.refuse("a section is missing", None, "nothing", f"{name}_SECTION")
    for name, section in file.sections.items():
        if name in ROWS:
            _check_rows(file, name, section, nodes, ROWS[name])
    for name, columns in WHOLE.items():
        _check_whole(file, name, columns)
    _check_depots(file, nodes)
    _check_backhauls(file, nodes)
    if PAIRS in file.sections and not kind.both:
        check_pairs(file, nodes)
    _check_weights(file, nodes)
    return file, kind


def _check_headers(file: Scanned) -> Kind:
    found = KIND.fullmatch(file.value("TYPE"))
    if found is None:
        hint = "letters: MD depots, PC prizes, O open, B backhauls last (MB mixed), L limit, TW windows"
        file.refuse("TYPE is another one", file.line("TYPE"), file.value("TYPE"), "TSP, CVRP, OVRPBTW ...", hint)
    allowed = {"EDGE_WEIGHT_TYPE": WEIGHTS}
    if file.value("EDGE_WEIGHT_TYPE") == "EXPLICIT":
        allowed["EDGE_WEIGHT_FORMAT"] = FORMATS
    for key, values in allowed.items():
        if file.value(key) not in values:
            file.refuse(f"{key} is another one", file.headers[key].line, file.value(key), " or ".join(values))
    for part, names in PROMISED.items():
        if found[part] and file.line(*names) is None:
            got, expected = f"TYPE : {found[0]}", " or ".join(names)
            file.refuse("the file lacks what its TYPE says", file.headers["TYPE"].line, got, expected)
    if "SERVICE_TIME" in file.headers and "SERVICE_TIME" in file.sections:
        file.refuse("service times are given twice", file.sections["SERVICE_TIME"].line, "a section", "the header only")
    both = found["back"] in ("MPD", "SPD") and PAIRS in file.sections
    return Kind(bool(found["tour"] or found["pairtour"]), bool(found["open"]), found["back"] == "B", both)


def _needed(file: Scanned, kind: Kind) -> list[str]:
    needed = ["EDGE_WEIGHT" if file.value("EDGE_WEIGHT_TYPE") == "EXPLICIT" else "NODE_COORD"]
    if kind.tour:
        return needed
    file.whole("CAPACITY")
    return [*needed, *([] if PAIRS in file.sections else ["DEMAND"]), "DEPOT"]


def _check_rows(file: Scanned, name: str, section: Section, nodes: int, columns: int) -> None:
    for number, (line, row) in enumerate(section.rows, 1):
        if len(row) != columns:
            file.refuse(f"a row of {name}_SECTION has another length", line, len(row), f"{columns} numbers")
        if row[0] != number:
            file.refuse("a node is out of order", line, f"node {row[0]:g}", f"node {number}")
    if len(section.rows) != nodes:
        got = f"{len(section.rows)} rows"
        file.refuse(f"{name}_SECTION has another length", section.line, got, f"{nodes} (DIMENSION)")


def _check_whole(file: Scanned, name: str, columns: tuple[int, ...]) -> None:
    for line, row in file.sections[name].rows if name in file.sections else []:
        for number in [row[column] for column in columns] or row:
            if number != int(number):
                file.refuse(f"an entry of {name}_SECTION is no whole number", line, f"{number:g}", "an integer")


def _check_depots(file: Scanned, nodes: int) -> None:
    if "DEPOT" not in file.sections:
        return
    count, line = len(node_list(file, "DEPOT")), file.sections["DEPOT"].line
    if not 1 <= count < nodes:
        file.refuse("the depots are no depots", line, f"{count} nodes", "at least one, and a customer beside it")
    if count == 1 and "MD" in file.value("TYPE"):
        file.refuse("the file lacks what its TYPE says", line, "one depot", f"several ({file.value('TYPE')})")


def _check_backhauls(file: Scanned, nodes: int) -> None:
    if "BACKHAUL" not in file.sections:
        return
    if numbered(file, "BACKHAUL"):
        _check_rows(file, "BACKHAUL", file.sections["BACKHAUL"], nodes, 2)
    else:
        node_list(file, "BACKHAUL")


def _check_weights(file: Scanned, nodes: int) -> None:
    section = file.sections.get("EDGE_WEIGHT")
    if section is None:
        return
    if file.value("EDGE_WEIGHT_TYPE") != "EXPLICIT":
        file.refuse("the distances are given twice", section.line, "EDGE_WEIGHT_SECTION", "EDGE_WEIGHT_TYPE : EXPLICIT")
    form = file.value("EDGE_WEIGHT_FORMAT")
    count, expected = len(section.stream()), entries(form, nodes)
    if count != expected:
        file.refuse("the matrix has another size", section.line, f"{count} weights", f"{expected} ({form})")
    for line, row in section.rows:
        if min(row) < 0:
            file.refuse("a distance is negative", line, f"{min(row):g}", "0 or more")
