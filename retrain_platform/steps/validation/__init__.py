"""The candidate's exam."""
