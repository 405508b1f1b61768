"""Linear and mixed-integer programs from blocks of arrays, solved by OR-Tools' engines with a work limit."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from headway.errors import SolverError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Engine = Literal["GLOP", "SCIP"]

PROVEN = 1e-6  # relative gap at which the engines stop, and a bound counts as reached


class Found(NamedTuple):
    """The best point x [n] found, its objective, and a proven bound that no point is below."""

    x: Floats
    value: float
    bound: float

    @property
    def gap(self) -> float:
        """(value - bound) / |value|: what more work could still save at most, as a share; 0 once proven."""
        gap = (self.value - self.bound) / max(abs(self.value), 1e-12)
        return gap if gap > PROVEN else 0.0


class Program:
    """Minimise a linear function of variables within bounds and rows; both are added in blocks of arrays."""

    def __init__(self) -> None:
        self._columns: list[tuple[Floats, Floats, Floats, NDArray[np.bool_]]] = []  # low, high, cost, integer
        self._bounds: list[tuple[Floats, Floats]] = []  # of rows
        self._entries: list[tuple[Ints, Ints, Floats]] = []  # row, column, value
        self.width = self.height = 0

    def variables(
        self, n: int, low: ArrayLike = 0.0, high: ArrayLike = np.inf, *, cost: ArrayLike = 0.0, integer: bool = False
    ) -> slice:
        """Add ``n`` variables; the slice says where they stand in x."""
        self._columns.append((_full(low, n), _full(high, n), _full(cost, n), np.full(n, integer)))
        self.width += n
        return slice(self.width - n, self.width)

    def rows(self, low: ArrayLike, high: ArrayLike, *terms: tuple[slice, ArrayLike]) -> None:
        """Add rows ``low <= sum of block @ x[place] <= high``; a block [n] or a number stands for a diagonal one."""
        height = 0
        for place, block in terms:
            matrix = np.asarray(block, np.float64)
            if matrix.ndim < 2:
                row = column = np.arange(place.stop - place.start)
                value = _full(matrix, len(row))
            else:
                row, column = np.nonzero(matrix)
                value = matrix[row, column]
            self._entries.append((row + self.height, column + place.start, value))
            height = len(matrix) if matrix.ndim == 2 else len(row)
        self._bounds.append((_full(low, height), _full(high, height)))
        self.height += height

    def solve(self, engine: Engine, nodes: int = -1) -> Found:
        """The optimum, or the best point of a search over at most ``nodes`` nodes (-1: all), the same each time.

        Parameters
        ----------
        engine : GLOP for linear programs, SCIP for mixed-integer ones

        Raises
        ------
        SolverError
            No point was found.
        """
        from ortools.linear_solver.python import model_builder_helper as ortools

        solver = ortools.ModelSolverHelper(engine)
        if engine == "SCIP":
            solver.set_solver_specific_parameters(f"limits/nodes = {nodes}\nlimits/gap = {PROVEN}")
        solver.solve(self._model(ortools.ModelBuilderHelper()))
        if not solver.has_solution():
            got = f"{solver.status()} {solver.status_string()}".strip()
            raise SolverError(f"{engine} found no solution", where="program", got=got, expected="weights in the limits")
        value = solver.objective_value()
        bound = value if engine == "GLOP" else min(solver.best_objective_bound(), value)
        return Found(np.array(solver.variable_values()), value, bound)

    def _model(self, model: Any) -> Any:
        from scipy import sparse

        low, high, cost, integer = (np.concatenate(part) for part in zip(*self._columns, strict=True))
        row, column, value = (np.concatenate(part) for part in zip(*self._entries, strict=True))
        matrix = sparse.csr_matrix((value, (row, column)), (self.height, self.width))
        least, most = (np.concatenate(part) for part in zip(*self._bounds, strict=True))
        model.fill_model_from_sparse_data(low, high, cost, least, most, matrix)
        for index in np.flatnonzero(integer).tolist():
            model.set_var_integrality(index, True)
        return model


def _full(values: ArrayLike, n: int) -> Floats:
    return np.array(np.broadcast_to(np.asarray(values, np.float64), n))
