"""What maintains the course: executing notebooks, guarding their form, drawing the README's picture."""
