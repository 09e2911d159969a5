"""Is it safe to hand over the traffic: one transition table, its fold, routes and live evidence."""
