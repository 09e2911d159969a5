"""Will a carrier at an airport become unhealthy: too many late or cancelled flights in the coming week?"""
