"""Measurements behind the speed claims, one script a claim; each prints a table from one run."""

import course_lib  # noqa: F401  (before torch: it sets how torch's threads wait for each other)
