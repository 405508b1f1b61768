"""Network recipes and layers that know no domain; recipes are registered by name here."""

from collections.abc import Mapping

# Generic recipes: name -> "module:Class". Domains add their own in `Problem.networks`.
NETWORKS: Mapping[str, str] = {"mlp": "headway.nn.mlp:MLP", "lstm": "headway.nn.lstm:LSTM"}
