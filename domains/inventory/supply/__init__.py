"""Supply networks: serial systems, one warehouse with many stores, two sources, any directed graph."""
