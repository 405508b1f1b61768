from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import ValidationError

from headway.pipelines.configuration import schema
from headway.pipelines.configuration.schema import CompareConfig, Entry, Model, Named, Tracking, TrainConfig

MODELS = [m for m in vars(schema).values() if isinstance(m, type) and issubclass(m, Model) and not issubclass(m, Named)]


def test_a_component_is_a_name_or_a_mapping():
    """``ppo``, ``{name: ppo, lr: 1}`` and name with options mean the same component."""
    assert Named.model_validate("ppo") == Named(name="ppo")
    assert Named.model_validate({"name": "ppo", "lr": 1}) == Named(name="ppo", options={"lr": 1})


def test_a_component_is_stored_as_it_is_written():
    """What a configuration file says is what the stored configuration says."""
    written = {"name": "ppo", "lr": 0.001, "layers": [64, 64]}
    assert Named.model_validate(written).model_dump(mode="json") == written


def test_the_label_of_a_contestant_is_no_option():
    """A label belongs to the entry; everything else is handed to the contestant."""
    entry = Entry.model_validate({"name": "ortools", "label": "OR-Tools", "first": "savings"})
    assert (entry.label, entry.options) == ("OR-Tools", {"first": "savings"})


@pytest.mark.parametrize("off", ["off", False, {"uri": "off"}, {"uri": None}])
def test_tracking_can_be_switched_off(off):
    """``off`` is a word in YAML 1.1 for false; both switch tracking off."""
    assert Tracking.model_validate(off).uri is None


def test_a_stored_configuration_is_the_configuration():
    """Dumped as JSON and read again, a configuration is equal to itself."""
    config = CompareConfig.model_validate(
        {
            "problem": {"name": "a/b", "n": 3},
            "contestants": ["x", {"name": "y", "label": "z", "k": 1}],
            "tracking": "off",
        }
    )
    assert CompareConfig.model_validate(config.model_dump(mode="json")) == config


@pytest.mark.parametrize("model", MODELS)
def test_unknown_keys_are_refused(model):
    """No model takes a key it does not know."""
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        model.model_validate({"nobody_knows_me": 1})


@pytest.mark.parametrize("model", MODELS)
def test_every_key_says_what_it_means(model):
    """Descriptions are the help texts; the parts of a model describe themselves."""
    assert all(info.description for info in model.model_fields.values())
    assert model.__doc__


def test_configurations_do_not_change():
    """Models are frozen."""
    config = TrainConfig(problem=Named(name="a/b"), agent=Named(name="ppo"))
    with pytest.raises(ValidationError):
        config.steps = 3


@pytest.mark.parametrize(("key", "value"), [("steps", 0), ("seed", -1), ("threads", 0), ("steps", float("nan"))])
def test_values_out_of_range_are_refused(key, value):
    """Counts are positive, seeds are not negative."""
    with pytest.raises(ValidationError):
        TrainConfig.model_validate({"problem": "a/b", "agent": "ppo", key: value})


def test_the_schema_is_light():
    """Importing the schema loads no array library."""
    heavy = {"numpy", "torch", "pandas", "mlflow"}
    code = f"import sys, headway.pipelines.configuration.schema; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
