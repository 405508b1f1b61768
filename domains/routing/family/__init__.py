"""The routing family: one instance, one solution and one scorer; problems are switches of it."""
