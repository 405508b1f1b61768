"""The loop around every agent: validation, selection, early stopping, checkpoints, signals, progress."""
