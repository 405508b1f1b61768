"""JSON read field by field, so that what is wrong is quoted with its place: ``host_info[3].numa``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headway.errors import InstanceError

_REQUIRED = object()


@dataclass(frozen=True)
class Tree:
    """A value in a JSON file, and the keys that lead to it."""

    path: Path
    keys: tuple[str | int, ...]
    value: Any

    def child(self, field: str) -> Tree | None:
        """The value of a field; None where it is missing or null."""
        found = self.value.get(field) if isinstance(self.value, dict) else None
        return None if found is None else Tree(self.path, (*self.keys, field), found)

    def get(self, field: str, kind: type[Any] | tuple[type[Any], ...], default: Any = _REQUIRED) -> Any:
        """A field of this kind, or the default where it is missing."""
        kinds = kind if isinstance(kind, tuple) else (kind,)
        found = self.child(field)
        if found is None and default is not _REQUIRED:
            return default
        # True is an int in Python, not in JSON.
        if found is None or not isinstance(found.value, kinds) or (isinstance(found.value, bool) and bool not in kinds):
            raise self.error(field, " or ".join(each.__name__ for each in kinds))
        return found.value

    def whole(self, field: str, least: int = 0, most: int = 10**15) -> int:
        """A whole number in this range."""
        value = self.get(field, int)
        if not least <= value <= most:
            raise self.error(field, f"a whole number, {least} or more" if most >= 10**15 else f"{least}..{most}")
        return int(value)

    def items(self, field: str, length: int | None = None) -> list[Tree]:
        """The objects of a list that is not empty (or has this length)."""
        found = self.get(field, list)
        if not found or (length is not None and len(found) != length):
            raise self.error(field, f"a list of {length or '1 or more'}")
        return [Tree(self.path, (*self.keys, field, i), item) for i, item in enumerate(found)]

    def lookup(self, field: str, table: Mapping[str, int]) -> int:
        """What a table has for the id in this field."""
        name = str(self.get(field, (int, str)))
        if name not in table:
            raise self.error(field, f"one of {', '.join(list(table)[:3])}, ...")
        return table[name]

    def error(self, field: str, expected: str) -> InstanceError:
        """What is wrong with a field."""
        place = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in (*self.keys, field)).lstrip(".")
        found = self.child(field)
        got = "nothing" if found is None else repr(found.value)[:80]
        return InstanceError("a field cannot be used", where=f"{self.path}, field {place}", got=got, expected=expected)
