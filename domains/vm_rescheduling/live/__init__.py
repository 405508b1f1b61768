"""The problem `rescheduling_live`: VMs arrive and depart while the planner thinks."""
