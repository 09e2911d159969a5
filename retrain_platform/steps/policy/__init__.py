"""What was known, and what was decided."""
