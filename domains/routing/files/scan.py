"""The form of TSPLIB and VRPLIB files: headers and sections of numbers, each with its line."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from headway.errors import InstanceError

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
LARGEST = 1e15  # integers up to here are exact as floats
SECTION = re.compile(r"([A-Z0-9_]+)_SECTION\s*:?")


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

    def table(self) -> NDArray[np.float64]:
        """float64 [rows, columns], where all rows are equally long."""
        return np.array([row for _, row in self.rows])

    def stream(self) -> NDArray[np.float64]:
        """float64 [numbers]: all numbers, wherever lines break."""
        return np.array([number for _, row in self.rows for number in row])


@dataclass
class Scanned:
    """What a file says, with line numbers."""

    path: Path
    headers: dict[str, Header] = field(default_factory=dict)
    sections: dict[str, Section] = field(default_factory=dict)

    def refuse(self, what: str, line: int | None, got: object, expected: object, hint: str | None = None) -> NoReturn:
        """Raise with file and line."""
        where = self.path if line is None else f"{self.path}, line {line}"
        raise InstanceError(what, where=where, got=got, expected=expected, hint=hint)

    def line(self, *names: str) -> int | None:
        """Where the first of these headers or sections is that the file has."""
        for name in names:
            if found := self.sections.get(name) or self.headers.get(name):
                return found.line
        return None

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

    def number(self, key: str) -> float:
        """The value of a header that must be a number, not negative."""
        values = numbers(self, self.headers[key].line, self.value(key))
        if len(values) != 1 or values[0] < 0:
            self.refuse(f"{key} is no such number", self.headers[key].line, repr(self.value(key)), "one number >= 0")
        return values[0]


def scan(path: Path, text: str, keys: tuple[str, ...], sections: tuple[str, ...]) -> Scanned:
    """Headers and sections of a file that may have these ones.

    Raises
    ------
    InstanceError
        With file and line: a line of another form, an unknown or repeated name, an entry that is no number.
    """
    file = Scanned(path)
    section: Section | None = None
    for line, raw in enumerate(text.splitlines(), 1):
        content = raw.strip()
        if not content or content.startswith("#"):
            continue
        if content == "EOF":
            break
        if found := SECTION.fullmatch(content):
            section = _begin(file, line, found[1], sections)
        elif section is not None:
            section.rows.append((line, numbers(file, line, content)))
        else:
            _header(file, line, content, keys)
    return file


def numbers(file: Scanned, line: int, content: str) -> list[float]:
    """The numbers of a line."""
    out = []
    for token in content.split():
        if not NUMBER.fullmatch(token) or not math.isfinite(float(token)) or abs(float(token)) > LARGEST:
            file.refuse("an entry is no number", line, repr(token), f"a finite number up to {LARGEST:g}")
        out.append(float(token))
    return out


def _begin(file: Scanned, line: int, name: str, sections: tuple[str, ...]) -> Section:
    if name not in sections:
        known = ", ".join(f"{known}_SECTION" for known in sections)
        file.refuse("a section that is not known", line, f"{name}_SECTION", known)
    if name in file.sections:
        file.refuse("a section appears twice", line, f"{name}_SECTION", f"one {name}_SECTION")
    file.sections[name] = Section(line)
    return file.sections[name]


def _header(file: Scanned, line: int, content: str, keys: tuple[str, ...]) -> None:
    key, colon, value = (part.strip() for part in content.partition(":"))
    if not colon:
        file.refuse("a line is neither header nor section", line, repr(content), "KEY : value or NAME_SECTION")
    if key not in keys:
        hint = "what is not understood would be ignored: remove the line, or give the instance as CSV or .npz"
        file.refuse("a header that is not known", line, repr(key), ", ".join(keys), hint)
    if key in file.headers and key != "COMMENT":
        file.refuse("a header appears twice", line, content, f"one {key}")
    file.headers[key] = Header(line, value)
