"""Walk a road without Dagster, and ask what else could have happened on it."""
