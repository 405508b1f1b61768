"""What is kept on disk: files whole or not at all, checkpoints, trained policies. No pickle anywhere."""
