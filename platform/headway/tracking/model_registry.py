"""Policies in MLflow's model registry: put there with their files, fetched by name and alias."""

from __future__ import annotations

import hashlib
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from headway.errors import ConfigError, DataError
from headway.problem import lookup
from headway.registry import make_problem, problem_class
from headway.runs import Run
from headway.storage.folders import MANIFEST
from headway.tracking.mirroring import Mirror
from headway.tracking.tracker import again, connect, failures, lost, quieten

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

    from headway.storage.stored import StoredPolicy

Alias = Literal["challenger", "champion"]

SCHEME = "models:/"
PROMOTIONS = "headway.promotions"  # tag of a registered model: promotions tried
DIGEST = "headway.policy"  # tag: SHA-256 of the stored policy's manifest


def log_policy(run: Run, folder: Path, name: str, *, uri: str | None, alias: Alias = "challenger") -> str | None:
    """Log the stored policy in ``folder`` as an MLflow model of ``run`` and register it as ``name``@``alias``.

    The model is models-from-code (`headway.tracking.model_code`) beside the policy's own files, with a
    signature; nothing is pickled. The same policy of the same run is registered once.

    Returns
    -------
    The version, or None where ``uri`` is None or the tracker is dead (with a TrackingWarning).

    Raises
    ------
    CheckpointError
        The stored policy is missing or damaged.
    """
    if uri is None:
        return None
    from headway.storage.stored import load_policy

    policy = load_policy(folder)
    try:
        return _Registration(run, folder, policy, uri).version(name, alias)
    except failures() as error:
        line = "in Python: from pathlib import Path; from headway.tracking import Run, log_policy; "
        line += f"log_policy(Run.open({str(run.folder.absolute())!r}), Path({str(folder.absolute())!r}), "
        line += f"{name!r}, uri={uri!r}, alias={alias!r})"
        todo = again(run, uri) if _asked(run) == name else line
        warnings.warn(lost("the policy was not registered", folder, uri, error, todo), stacklevel=2)
        return None


def register(run: Run, uri: str) -> str | None:
    """Register the policy of a training run whose configuration asks for that (``tracking.register_as``), once.

    Returns
    -------
    The version; None where nothing asks for it, where it is registered already, or where the tracker is dead (with a
    TrackingWarning).
    """
    name = _asked(run)
    if name is None or run.status != "finished" or _registered(run, name, uri):
        return None
    return log_policy(run, run.folder / "policy", name, uri=uri)


def _asked(run: Run) -> str | None:
    """The name that a run's configuration wants its policy to be registered under."""
    tracking = run.config.get("tracking")
    return tracking.get("register_as") if isinstance(tracking, dict) else None


def _registered(run: Run, name: str, uri: str) -> bool:
    """Whether a version of this name came from this run: to register it once more would move the alias back."""
    try:
        client = connect(uri)
        run_id = Mirror(client, uri).entry(run)
        return bool(client.search_model_versions(f"name = '{name}' and run_id = '{run_id}'"))
    except failures():
        return False  # registering will say what is wrong


def fetch_policy(reference: str, uri: str | None = None) -> Path:
    """The folder of the stored policy registered as ``models:/NAME@alias``, downloaded if it is elsewhere.

    ``uri``: the tracker; None: MLflow's own default. Load the folder with `headway.storage.stored.load_policy`,
    which verifies it.

    Raises
    ------
    ConfigError
        ``reference`` has another form.
    DataError
        There is no such model, or it holds no stored policy.
    """
    name, _, alias = reference.removeprefix(SCHEME).partition("@")
    if not (reference.startswith(SCHEME) and name and alias):
        raise ConfigError("not a registered model", got=reference, expected=f"{SCHEME}NAME@alias")
    import mlflow

    uri = _tracker(uri)
    try:
        client = connect(uri)
        source = client.get_model_version_download_uri(name, client.get_model_version_by_alias(name, alias).version)
        folder = Path(mlflow.artifacts.download_artifacts(artifact_uri=source, tracking_uri=uri))
    except failures() as error:
        raise DataError("no such registered model", where=uri, got=error, expected=reference) from error
    found = folder / "artifacts" / "policy"
    if not (found / MANIFEST).is_file():
        raise DataError("the registered model holds no stored policy", where=folder, expected="artifacts/policy")
    return found


def versions(name: str, uri: str | None) -> dict[str, str]:
    """Alias -> version of the registered model ``name``.

    Raises
    ------
    DataError
        No model of this name is registered.
    """
    client = connect(_tracker(uri))
    try:
        return {alias: str(version) for alias, version in client.get_registered_model(name).aliases.items()}
    except failures() as error:
        raise DataError("no such registered model", where=uri, got=error, expected=name) from error


def move_alias(name: str, alias: Alias, version: str, uri: str | None) -> None:
    """Point ``alias`` of the registered model ``name`` to ``version``."""
    connect(_tracker(uri)).set_registered_model_alias(name, alias, version)


def count_promotion(name: str, uri: str | None) -> int:
    """How many promotions of ``name`` have been tried, this one included: the number of this one."""
    client = connect(_tracker(uri))
    number = int(client.get_registered_model(name).tags.get(PROMOTIONS, 0)) + 1
    client.set_registered_model_tag(name, PROMOTIONS, str(number))
    return number


def _tracker(uri: str | None) -> str:
    """The tracker; MLflow's own default where none is given."""
    quieten()
    import mlflow

    return uri or str(mlflow.get_tracking_uri())


class _Registration:
    """One stored policy on its way into one tracker's registry."""

    def __init__(self, run: Run, folder: Path, policy: StoredPolicy, uri: str) -> None:
        self.folder, self.policy = folder, policy
        self.client = connect(uri)
        self.run_id = Mirror(self.client, uri).entry(run)
        self.digest = hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()

    def version(self, name: str, alias: Alias) -> str:
        """Register, unless this policy of this run is there already, and point the alias to it."""
        self._name(name)
        known = self.client.search_model_versions(f"name = '{name}' and run_id = '{self.run_id}'")
        version = next((v.version for v in known if v.tags.get(DIGEST) == self.digest), None) or self._register(name)
        self.client.set_registered_model_alias(name, alias, str(version))
        return str(version)

    def _name(self, name: str) -> None:
        from mlflow.exceptions import MlflowException

        try:
            self.client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    def _register(self, name: str) -> str:
        from mlflow.entities import LoggedModelOutput

        experiment = self.client.get_run(self.run_id).info.experiment_id
        # Not called as any folder of the run is: MLflow would list the model's files among those of the folder.
        model = self.client.create_logged_model(experiment, "model", self.run_id, tags={DIGEST: self.digest})
        with tempfile.TemporaryDirectory() as draft:
            save_model(Path(draft) / "model", self.folder, self.policy, self.run_id, model.model_id)
            self.client.log_model_artifacts(model.model_id, str(Path(draft) / "model"))
        self.client.finalize_logged_model(model.model_id, "READY")
        self.client.log_outputs(self.run_id, [LoggedModelOutput(model.model_id, step=0)])
        made = self.client.create_model_version(
            name, model.artifact_location, self.run_id, {DIGEST: self.digest}, model_id=model.model_id
        )
        return str(made.version)


def save_model(path: Path, folder: Path, policy: StoredPolicy, run_id: str, model_id: str) -> None:
    """Write the stored policy in ``folder`` as an MLflow model at ``path``.

    ``training.json`` beside the folder goes along: it says what the policy has seen and cost.
    """
    from mlflow import pyfunc
    from mlflow.models import Model

    artifacts = {"policy": folder, "training": folder.parent / "training.json"}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*(input example|type hints)", UserWarning)
        pyfunc.save_model(
            path,
            python_model=str(Path(__file__).with_name("model_code.py")),
            artifacts={name: str(file) for name, file in artifacts.items() if file.exists()},
            signature=signature(policy),
            pip_requirements=[f"headway=={version('headway')}"],
            mlflow_model=Model(run_id=run_id, model_id=model_id, model_uuid=model_id),
        )


def signature(policy: StoredPolicy) -> ModelSignature:
    """The columns that a request may have, and the fields of each.

    Their values are checked by the model itself: MLflow would refuse an integer where a real number is asked for.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema, TensorSpec
    from mlflow.types.schema import AnyType, Array, DataType, Object, Property

    from headway.storage.payload import Payload

    description = policy.description
    problem = make_problem(description.problem_name, **description.problem_options)
    fields = Payload(problem).model.model_fields
    anything = AnyType()  # type: ignore[no-untyped-call]
    instance = Object([Property(name, anything, required=field.is_required()) for name, field in fields.items()])
    observation = Object([Property(name, anything) for name in description.observations])
    columns: list[ColSpec | TensorSpec] = [
        ColSpec(instance, "instance", required=False),
        ColSpec(observation, "observation", required=False),
    ]
    environments = problem_class(description.problem_name).environments
    if lookup("environment", description.environment_name, environments).masked:
        columns.append(ColSpec(Array(DataType.boolean), "mask", required=False))
    return ModelSignature(Schema(columns))
