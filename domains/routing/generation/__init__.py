"""Generators: where customers are, what they ask for, and when."""
