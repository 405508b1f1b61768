"""From ``key=value``, YAML and presets to typed models, with the origin of every value."""
