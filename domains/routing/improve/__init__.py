"""Learning inside ruin and recreate: a policy steers SISR."""
