"""What `mlflow models serve` runs: stored with each registered policy, as a file and not as a pickled object.

Headway itself never loads a model this way; it reads the weights (`headway.tracking.model_registry.fetch_policy`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel

from headway.errors import DataError, HeadwayError
from headway.registry import make_problem
from headway.rollouts import rollout
from headway.storage.payload import Payload, jsonable
from headway.storage.stored import load_policy


class PolicyModel(PythonModel):
    """Instances -> scored solutions, observations -> actions; one row each and without memory between calls."""

    _skip_type_hint_validation = True  # the model's signature has the schema; spares MLflow's users a warning

    def load_context(self, context: Any) -> None:
        """Read the stored policy, verified by its manifest, and make the problem that it was trained for."""
        self.policy = load_policy(Path(context.artifacts["policy"]))
        description = self.policy.description
        self.dtypes = {name: part.dtype for name, part in description.observations.items()}
        self.problem = make_problem(description.problem_name, **description.problem_options)
        self.environment = self.problem.environment(description.environment_name, **description.environment_options)
        self.payload = Payload(self.problem)

    # Without annotations, which MLflow would take for another schema.
    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
        """An answer per row of a table: a solution with its score to each ``instance``, an action to each
        ``observation`` (with a ``mask`` where actions are masked).
        """
        try:
            return [self._answer(row) for row in _rows(model_input)]
        except (HeadwayError, ValueError, KeyError) as error:  # pydantic's own is a ValueError
            raise MlflowException.invalid_parameter_value(f"{type(error).__name__}: {error}") from error

    def _answer(self, row: dict[str, Any]) -> Any:
        return self._solved(row["instance"]) if "instance" in row else self._action(row)

    def _solved(self, fields: Any) -> dict[str, Any]:
        """The policy's solution of one instance, and what the scorer says of it."""
        instance = self.payload.instance(self.payload.model.model_validate(fields))
        solution = rollout(self.environment, self.policy, instance).solution
        score = self.problem.evaluate(instance, solution)
        violations = {name: float(amount[0]) for name, amount in score.violations.items()}
        return {"feasible": bool(score.feasible[0]), "objective": float(score.objective[0]), "violations": violations,
                "solution": jsonable(solution)}  # fmt: skip

    def _action(self, row: dict[str, Any]) -> Any:
        """The policy's action on one observation."""
        seen = {name: np.asarray(row["observation"][name], dtype)[None] for name, dtype in self.dtypes.items()}
        mask = np.asarray(row["mask"], bool)[None] if "mask" in row else None
        return np.asarray(self.policy.act(seen, mask)[0])[0].tolist()


def _rows(table: Any) -> list[dict[str, Any]]:
    """The rows of a table, each without the columns that it leaves empty."""
    if not len(table.columns):
        raise DataError("nothing to answer", got="no known column", expected="instance, or observation (and mask)")
    return [{k: v for k, v in row.items() if isinstance(v, dict | list)} for row in table.to_dict("records")]


set_model(PolicyModel())
