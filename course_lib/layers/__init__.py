"""Convolution and pooling written from their definitions, and the arithmetic of their shapes."""
