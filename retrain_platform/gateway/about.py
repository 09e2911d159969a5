"""What a worker must know of a model's spec: the content of `model.json`."""

from retrain_platform.release.serving import About

__all__ = ["About"]
