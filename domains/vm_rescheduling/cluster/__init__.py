"""What all problems share: clusters of machines with NUMA nodes, their VMs, and plans of migrations."""
