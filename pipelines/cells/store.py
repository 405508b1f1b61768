"""The answers of cells on disk, ``cells/<address>/``: written whole or not at all, verified when they are read."""

from __future__ import annotations

import warnings
from pathlib import Path

from headway.contest.outcome import Outcome
from headway.errors import CheckpointError
from headway.pipelines.cells.answers import unpacked
from headway.pipelines.cells.cell import Cell
from headway.pipelines.cells.portable import Files
from headway.storage.folders import read_folder, sweep, write_folder

FACTS = "cell.json"


class Store:
    """The cells of one run. Only the process that drives the run writes here."""

    def __init__(self, run: Path) -> None:
        self.folder = run / "cells"
        sweep(self.folder)

    def read(self, cell: Cell) -> list[Outcome] | None:
        """The outcomes of a cell, or None where they have to be computed.

        Warns
        -----
        RuntimeWarning
            The answer is there, and damaged.
        """
        place = self.folder / cell.address
        if not place.exists():
            return None
        try:
            files = read_folder(place)
            if files.get(FACTS) != cell.facts:
                raise CheckpointError("the answer of another cell", where=place / FACTS)
        except CheckpointError as error:
            warnings.warn(f"a cell is computed again: {error}", RuntimeWarning, stacklevel=2)
            return None
        return unpacked(files, cell.problem)

    def write(self, cell: Cell, files: Files) -> list[Outcome]:
        """Keep an answer, and read it."""
        write_folder(self.folder / cell.address, {FACTS: cell.facts, **files})
        return unpacked(files, cell.problem)
