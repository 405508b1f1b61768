"""Exact models: interchangeable VMs counted, and the textbook's one binary per VM and place."""
