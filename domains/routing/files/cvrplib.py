"""Published instances and their best known solutions: the X set (Uchoa et al. 2017), Solomon's (1987), some older ones.

CVRPLIB's own server moves and tells no checksums, so the copies in the test data of the package vrplib are taken, at
one commit; the SHA-256 of each file is in ``cvrplib.csv``.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from headway.datasets.dataset import Dataset, File

COMMIT = "6d3c0a2f86de8478196e8758490fc3551ad81417"
BASE = f"https://raw.githubusercontent.com/PyVRP/VRPLIB/{COMMIT}/tests/data/cvrplib/"


@cache
def listed() -> Mapping[str, File]:
    """File name -> address and SHA-256: instances (``.vrp``, ``.txt``) and solutions (``.sol``)."""
    text = files("headway.domains.routing.files").joinpath("cvrplib.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["file"]: File(BASE + row["path"], f"sha256:{row['sha256']}") for row in rows}


CVRPLIB = Dataset(
    name="cvrplib",
    summary="168 instances with their best known solutions: set X, Solomon's, and one of each older set",
    licence="public benchmarks; the repository that carries the copies MIT",
    source="Uchoa et al., EJOR 2017; Solomon, Operations Research 1987; vrp.galgos.inf.puc-rio.br",
    listing=listed,
    use="docs/routing_files.md",
)
