"""What each step of the road does, over protocols: the same code under Dagster, the CLI and replay."""
