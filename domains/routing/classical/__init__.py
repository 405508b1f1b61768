"""Rules, searches and exact models of the field."""
