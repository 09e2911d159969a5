"""`python -m retrain_platform.cli`: the command `retrain` of this very interpreter."""

from retrain_platform.cli import main

main()
