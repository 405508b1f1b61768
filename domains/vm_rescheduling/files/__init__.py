"""Readers and writers: snapshots, plans and traces as people and other tools have them."""
