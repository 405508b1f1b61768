"""Items on parallel machines: set-ups, capacity, uncertain demand."""
