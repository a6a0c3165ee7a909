"""Networks: classifiers and, later, generators with their discriminators."""
