"""The serving process: routes requests, scores beside them, logs what happened, takes feedback."""
