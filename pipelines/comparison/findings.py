"""Findings as they were, from the JSON that they were kept as."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from headway.findings import Chart, Column, Findings, Line, Table


def read_findings(record: Mapping[str, Any]) -> Findings:
    """The findings in ``results.json``; a cell or a point without a number is NaN again."""
    return Findings(
        record["notes"], [_table(table) for table in record["tables"]], [_chart(c) for c in record["charts"]]
    )


def _table(record: Mapping[str, Any]) -> Table:
    columns = [Column(**column) for column in record["columns"]]
    return Table(**{**record, "columns": columns, "rows": _numbers(record["rows"])})


def _chart(record: Mapping[str, Any]) -> Chart:
    lines = [Line(**{key: _numbers(part) if isinstance(part, list) else part for key, part in line.items()})
             for line in record["lines"]]  # fmt: skip
    return Chart(**{**record, "lines": lines})


def _numbers(value: Any) -> Any:
    """``value`` with NaN for null, in lists within it, too."""
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    return math.nan if value is None else value
