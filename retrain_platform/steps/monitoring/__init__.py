"""What changed, and how well the models did."""
