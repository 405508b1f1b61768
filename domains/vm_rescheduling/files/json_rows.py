"""Lists of objects in JSON files, read as tables: what is wrong is quoted with its line."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from headway.domains.vm_rescheduling.files.table import Table, read_text
from headway.errors import DataError, InstanceError

_GAP = re.compile(r"[\s,]*")


def read_json(path: Path, error: type[DataError] = InstanceError) -> Any:
    """The content of a JSON file.

    Raises
    ------
    DataError
        (the given subclass) It cannot be read, or line so-and-so is no JSON.
    """
    try:
        return json.loads(read_text(path, error))
    except (json.JSONDecodeError, RecursionError) as problem:
        line = getattr(problem, "lineno", 1)
        raise error("the file is no JSON", where=f"{path}, line {line}", got=problem, expected="JSON") from problem


def json_rows(path: Path, key: str, fields: Sequence[str], error: type[DataError] = InstanceError) -> Table:
    """The list under ``key`` of the file's object; each entry is an object of exactly these fields.

    Raises
    ------
    DataError
        (the given subclass) No such list; an entry that is no such object, with its line.
    """
    content = read_json(path, error)
    if not isinstance(content, dict) or not isinstance(content.get(key), list):
        raise error(
            f"the file has no list {key!r}", where=path, got=type(content).__name__, expected=f'{{"{key}": [...]}}'
        )
    lines = _lines(read_text(path, error), key, len(content[key]))
    rows = []
    for line, entry in zip(lines, content[key], strict=True):
        if not isinstance(entry, dict) or set(entry) != set(fields):
            raise error("an entry has other fields", where=f"{path}, line {line}", got=str(entry)[:120],
                        expected=", ".join(fields))  # fmt: skip
        rows.append([str(entry[field]) for field in fields])
    return Table(path, tuple(fields), rows, lines, error)


def _lines(text: str, key: str, count: int) -> list[int]:
    """The line in which each entry of the list begins; 1 where another key hides it."""
    start = re.search(rf'"{key}"\s*:\s*\[', text)
    if not start:
        return [1] * count
    at, lines = start.end(), []
    for _ in range(count):
        at = _GAP.match(text, at).end()  # type: ignore[union-attr]
        lines.append(text.count("\n", 0, at) + 1)
        at = json.JSONDecoder().raw_decode(text, at)[1]
    return lines
