"""`retrain`: by hand, whatever the sensors do by themselves."""

from retrain_platform.cli import people, reading, release, road  # noqa: F401  (each registers its commands)
from retrain_platform.cli.app import app

__all__ = ["app"]
