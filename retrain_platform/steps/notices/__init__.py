"""Telling people: what of the ledger is worth a message, in plain words, and how it reaches them once."""
