"""A period's rows: brought in, completed, held against those before."""
