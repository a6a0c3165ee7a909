"""One check for each exercise, and the report of measured numbers."""
