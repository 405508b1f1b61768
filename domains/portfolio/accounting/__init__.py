"""What is earned, what it costs and what may be held: shared by every problem, policy and rule of the domain."""
