from __future__ import annotations

from pathlib import Path

from pydantic import Field

from headway.pipelines.configuration.fields import components, known, shorthands, text_keys
from headway.pipelines.configuration.schema import Entry, Model, Named


class Inner(Model):
    """A part."""

    n: int = 1
    note: str | None = None


class Outer(Model):
    """A whole."""

    part: Inner = Inner()
    thing: Named | None = None
    things: tuple[Entry, ...] = ()
    files: tuple[Path, ...] = ()
    out: Path | None = None
    steps: int = Field(default=1, ge=1)


def test_one_value_stands_for_a_component():
    """Only single components have a shorthand; lists of them are lists."""
    assert shorthands(Outer) == {"thing": "name"}
    assert components(Outer) == ["thing"]


def test_text_is_told_from_values():
    """Names, paths and lists of them are text; numbers and parts are not."""
    assert text_keys(Outer) == {"part.note": False, "thing.name": False, "things": True, "files": True, "out": False}


def test_known_keys_are_those_of_the_innermost_part():
    """The keys that could have been meant are those beside the misspelt one."""
    assert known(Outer, []) == ["part", "thing", "things", "files", "out", "steps"]
    assert known(Outer, ["part"]) == ["n", "note"]
