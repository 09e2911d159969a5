"""Which rows a decision learns from, and the candidate that comes of them."""
