"""Generators: clusters with the published marginals, and clusters that real arrivals leave behind."""
