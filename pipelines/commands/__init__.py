"""The verbs of the command line: each takes its arguments and returns an `Answer`."""
