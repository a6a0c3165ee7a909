"""What maintains the course: executing notebooks, guarding their form, drawing the README's picture."""

import course_lib  # noqa: F401  (before torch: it sets how torch's threads wait for each other)
