"""Rules of thumb, optimisers and oracles of the field."""
