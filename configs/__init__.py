"""Every knob as YAML, shipped as package data."""
