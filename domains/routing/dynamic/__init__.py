"""The problem `dynamic_cvrp`: orders arrive during the day and are dispatched in waves."""
