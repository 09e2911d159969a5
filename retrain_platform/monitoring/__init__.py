"""What changed: profiles of periods, drift between them, performance as known at a time."""
