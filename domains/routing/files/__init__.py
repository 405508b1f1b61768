"""Readers and writers: VRPLIB, Solomon, solutions, tables, road networks."""
