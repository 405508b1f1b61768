"""Gymnasium and Stable-Baselines3 faces of an environment; the batched one is the native form."""
