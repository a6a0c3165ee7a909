"""Data sets as tensors in memory, and batches of them."""
