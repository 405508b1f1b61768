"""Weights over assets and cash, ordered on a schedule."""
