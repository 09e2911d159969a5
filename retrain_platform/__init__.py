"""The whole loop of retraining on Dagster: decide, train, validate, release, replay.

`RetrainedModel`, the component that one YAML file per model uses, is handed out lazily, so that
neither the pure rooms nor the command line import dagster.
"""

from typing import Any

__all__ = ["RetrainedModel"]


def __getattr__(name: str) -> Any:
    if name == "RetrainedModel":
        from retrain_platform.defs.component import RetrainedModel

        return RetrainedModel
    raise AttributeError(f"module 'retrain_platform' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
