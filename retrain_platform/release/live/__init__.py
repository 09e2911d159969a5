"""A release that live traffic moves: its plan, its evidence in short bins, its verdicts."""
