"""Training algorithms that use only the contract."""
