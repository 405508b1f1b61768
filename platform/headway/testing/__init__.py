"""The conformance suite: `check_problem` runs every named check over a problem."""
