"""Measures of recognition and, later, of generation."""
