"""The CVRP by an augmented Lagrangian of its capacity constraints."""
