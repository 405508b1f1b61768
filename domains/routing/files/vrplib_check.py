"""The rules of a VRPLIB file, checked line by line, so that a broken file is named with its line."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from headway.errors import InstanceError

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
LARGEST = 1e15  # integers up to here are exact as floats

KEYS = ("NAME", "COMMENT", "TYPE", "DIMENSION", "CAPACITY", "EDGE_WEIGHT_TYPE", "EDGE_WEIGHT_FORMAT",
        "DISPLAY_DATA_TYPE", "NODE_COORD_TYPE")  # fmt: skip
COLUMNS = {"NODE_COORD": 3, "DISPLAY_DATA": 3, "DEMAND": 2, "DEPOT": 1, "EDGE_WEIGHT": None}
NUMBERED = ("NODE_COORD", "DISPLAY_DATA", "DEMAND")  # rows begin with the node's number
FORMATS = {"LOWER_ROW": lambda n: n * (n - 1) // 2, "FULL_MATRIX": lambda n: n * n}


@dataclass
class Header:
    """A line ``KEY : value``."""

    line: int
    value: str


@dataclass
class Section:
    """A section and its rows of numbers, each with its line."""

    line: int
    rows: list[tuple[int, list[float]]] = field(default_factory=list)


@dataclass
class Checked:
    """What a file says, with line numbers; `check` has passed."""

    path: Path
    headers: dict[str, Header] = field(default_factory=dict)
    sections: dict[str, Section] = field(default_factory=dict)

    def refuse(self, what: str, line: int | None, got: object, expected: object, hint: str | None = None) -> NoReturn:
        """Raise with file and line."""
        where = self.path if line is None else f"{self.path}, line {line}"
        raise InstanceError(what, where=where, got=got, expected=expected, hint=hint)

    def value(self, key: str) -> str:
        """The value of a header that must be there."""
        if key not in self.headers:
            self.refuse("a header is missing", None, "nothing", f"{key} : ...")
        return self.headers[key].value

    def whole(self, key: str) -> int:
        """The value of a header that must be a positive integer."""
        text = self.value(key)
        if not re.fullmatch(r"[0-9]{1,15}", text) or int(text) < 1:
            self.refuse(f"{key} is no positive integer", self.headers[key].line, repr(text), "1, 2, 3, ...")
        return int(text)


def check(path: Path, text: str) -> Checked:
    """Read the structure of a VRPLIB file and check every rule that a CVRP needs.

    Raises
    ------
    InstanceError
        With file, line, what was found there and what was expected.
    """
    file = _scan(path, text)
    _check_headers(file)
    nodes = file.whole("DIMENSION")
    needed = ["DEMAND", "DEPOT", "NODE_COORD" if file.value("EDGE_WEIGHT_TYPE") == "EUC_2D" else "EDGE_WEIGHT"]
    for name in needed:
        if name not in file.sections:
            file.refuse("a section is missing", None, "nothing", f"{name}_SECTION")
    for name, section in file.sections.items():
        if name in NUMBERED:
            _check_numbered(file, name, section, nodes)
    _check_demands(file, file.whole("CAPACITY"))
    _check_depot(file)
    _check_weights(file, nodes)
    return file


def _scan(path: Path, text: str) -> Checked:
    file = Checked(path)
    section: str | None = None
    for line, raw in enumerate(text.splitlines(), 1):
        content = raw.strip()
        if not content or content.startswith("#"):
            continue
        if "EOF" in content:
            break
        if "_SECTION" in content:
            section = _begin(file, line, content)
        elif section is not None:
            file.sections[section].rows.append((line, _numbers(file, line, content)))
        else:
            _header(file, line, content)
    return file


def _begin(file: Checked, line: int, content: str) -> str:
    name = content.strip(" :").removesuffix("_SECTION")
    if name not in COLUMNS:
        file.refuse("a section this problem does not have", line, content, ", ".join(f"{n}_SECTION" for n in COLUMNS))
    if name in file.sections:
        file.refuse("a section appears twice", line, content, f"one {name}_SECTION")
    file.sections[name] = Section(line)
    return name


def _header(file: Checked, line: int, content: str) -> None:
    key, colon, value = (part.strip() for part in content.partition(":"))
    if not colon:
        file.refuse("a line is neither header nor section", line, repr(content), "KEY : value or NAME_SECTION")
    if key not in KEYS:
        hint = "constraints this problem does not have would be ignored; remove them or choose another problem"
        file.refuse("a header this problem does not have", line, repr(key), ", ".join(KEYS), hint)
    if key in file.headers:
        file.refuse("a header appears twice", line, content, f"one {key}")
    file.headers[key] = Header(line, value)


def _numbers(file: Checked, line: int, content: str) -> list[float]:
    numbers = []
    for token in content.split():
        if not NUMBER.fullmatch(token) or not math.isfinite(float(token)) or abs(float(token)) > LARGEST:
            file.refuse("an entry is no number", line, repr(token), f"a finite number up to {LARGEST:g}")
        numbers.append(float(token))
    return numbers


def _check_headers(file: Checked) -> None:
    allowed: dict[str, tuple[str, ...]] = {"TYPE": ("CVRP",), "EDGE_WEIGHT_TYPE": ("EUC_2D", "EXPLICIT")}
    if file.value("EDGE_WEIGHT_TYPE") == "EXPLICIT":
        allowed["EDGE_WEIGHT_FORMAT"] = tuple(FORMATS)
    for key, values in allowed.items():
        if file.value(key) not in values:
            file.refuse(f"{key} is another one", file.headers[key].line, file.value(key), " or ".join(values))
    if file.whole("DIMENSION") < 2:
        file.refuse("there is no customer", file.headers["DIMENSION"].line, 1, "a depot and at least one customer")


def _check_numbered(file: Checked, name: str, section: Section, nodes: int) -> None:
    for number, (line, row) in enumerate(section.rows, 1):
        if len(row) != COLUMNS[name]:
            file.refuse(f"a row of {name}_SECTION has another length", line, len(row), f"{COLUMNS[name]} numbers")
        if row[0] != number:
            file.refuse("a node is out of order", line, f"node {row[0]:g}", f"node {number}")
    if len(section.rows) != nodes:
        got = f"{len(section.rows)} rows"
        file.refuse(f"{name}_SECTION has another length", section.line, got, f"{nodes} (DIMENSION)")


def _check_demands(file: Checked, capacity: int) -> None:
    rules: tuple[tuple[str, Callable[[float, float], bool]], ...] = (
        ("an integer", lambda node, demand: demand == int(demand)),
        ("0 at the depot", lambda node, demand: node != 1 or demand == 0),
        (f"0..{capacity} (CAPACITY)", lambda node, demand: 0 <= demand <= capacity),
    )
    for line, (node, demand) in file.sections["DEMAND"].rows:
        for expected, kept in rules:
            if not kept(node, demand):
                file.refuse(f"the demand of node {node:g} is impossible", line, f"{demand:g}", expected)


def _check_depot(file: Checked) -> None:
    section = file.sections["DEPOT"]
    tokens = [number for _, row in section.rows for number in row]
    if tokens not in ([1.0, -1.0], [1.0]):
        got = " ".join(f"{t:g}" for t in tokens) or "nothing"
        file.refuse("the depot is another one", section.line, got, "1 -1: node 1 is the only depot")


def _check_weights(file: Checked, nodes: int) -> None:
    section = file.sections.get("EDGE_WEIGHT")
    if section is None:
        return
    if file.value("EDGE_WEIGHT_TYPE") != "EXPLICIT":
        file.refuse("the distances are given twice", section.line, "EDGE_WEIGHT_SECTION", "EDGE_WEIGHT_TYPE : EXPLICIT")
    form = file.value("EDGE_WEIGHT_FORMAT")
    if form == "FULL_MATRIX":
        for line, row in section.rows:
            if len(row) != nodes:
                file.refuse("a row of the matrix has another length", line, len(row), f"{nodes} (DIMENSION)")
    count, expected = sum(len(row) for _, row in section.rows), FORMATS[form](nodes)
    if count != expected:
        file.refuse("the matrix has another size", section.line, f"{count} weights", f"{expected} ({form})")
    for line, row in section.rows:
        if min(row) < 0:
            file.refuse("a distance is negative", line, f"{min(row):g}", "0 or more")
