"""Rules and searches of the field: greedy, best fit, vector packing, beams, neighbourhoods, partitions."""
