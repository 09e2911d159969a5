"""The component behind every model's YAML file."""

from typing import Any

import dagster as dg
from pydantic import BaseModel

from retrain_platform.defs.graph import build_model_defs
from retrain_platform.spec import ModelSpec, spec_from


class RetrainedModel(dg.Component):
    """One model's whole loop: its data, drift, decisions, candidates, validation and release."""

    def __init__(self, spec: ModelSpec) -> None:
        self.spec = spec

    @classmethod
    def get_model_cls(cls) -> type[BaseModel] | None:
        """The spec itself, which knows nothing of Dagster."""
        return ModelSpec

    @classmethod
    def load(cls, attributes: Any, context: dg.ComponentLoadContext) -> "RetrainedModel":
        """Resolve the templates and check the sections against each other."""
        given = attributes.model_dump(mode="python", exclude_unset=True)
        resolved = context.resolution_context.resolve_value(given, as_type=dict)
        return cls(spec_from(resolved, str(context.path)))

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """The model's graph."""
        return build_model_defs(self.spec)
