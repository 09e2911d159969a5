"""What the platform shows of itself: a year that is played, and a release before live traffic."""
