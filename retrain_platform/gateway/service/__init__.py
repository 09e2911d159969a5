"""One instance: the supervisor, its workers, the controller, and what they tell."""
