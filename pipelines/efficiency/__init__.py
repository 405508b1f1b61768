"""Sample efficiency: trainings of several agents, their gaps by training time, a table and a picture."""
