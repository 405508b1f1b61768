"""Contestants under one clock: who they are, the process each runs in, and the statistics of what they answer."""
