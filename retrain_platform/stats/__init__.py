"""Arrays in, numbers out: metrics and their intervals, mergeable counts, distances, looks."""
