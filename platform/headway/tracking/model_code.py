"""What `mlflow models serve` runs: stored with each registered policy, as a file and not as a pickled object.

Headway itself never loads a model this way; it reads the weights (`headway.tracking.model_registry.fetch_policy`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel

from headway.storage.stored import load_policy


class PolicyModel(PythonModel):
    """Observations -> actions, one row each and without memory between calls."""

    _skip_type_hint_validation = True  # the model's signature has the schema; spares MLflow's users a warning

    def load_context(self, context: Any) -> None:
        """Read the stored policy, verified by its manifest."""
        self.policy = load_policy(Path(context.artifacts["policy"]))
        self.dtypes = {name: part.dtype for name, part in self.policy.description.observations.items()}

    # Without annotations, which MLflow would take for another schema.
    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
        """Actions [B, ...] for a mapping of observations [B, ...] and, where actions are masked, ``mask`` [B, A]."""
        observation = {name: np.asarray(model_input[name], dtype) for name, dtype in self.dtypes.items()}
        mask = np.asarray(model_input["mask"], bool) if "mask" in model_input else None
        return np.asarray(self.policy.act(observation, mask)[0])


set_model(PolicyModel())
