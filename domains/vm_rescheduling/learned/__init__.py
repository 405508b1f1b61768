"""What is learned: the class policy, attention over a machine's tree, and hybrids with the exact model."""
