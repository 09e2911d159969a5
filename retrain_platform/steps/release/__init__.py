"""Who scores a period, how a release moves, what waits for a person."""
