"""What happened, remembered: spools, the collector, bins and the lake's tables."""
