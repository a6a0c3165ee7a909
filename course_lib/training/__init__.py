"""Training loops, and checkpoints to resume them from."""
