"""The component behind every model's YAML file."""

from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import BaseModel, RootModel

from retrain_platform.defs.fleet import join
from retrain_platform.defs.graph import build_model_defs
from retrain_platform.spec import ModelSpec, read_spec, spec_as_written


class SpecAsWritten(RootModel[dict[Any, Any]]):
    """Attributes before their templates are filled, mistakes and all, under the schema of the spec.

    Dagster validates what is written before it fills templates, and tells mistakes in its validator's words. So it
    is given a class that takes everything; editors and `dg check yaml` read the schema of what is meant.
    """

    @classmethod
    def model_json_schema(cls, *given: Any, **options: Any) -> dict[str, Any]:
        """The schema of `ModelSpec`."""
        return ModelSpec.model_json_schema(*given, **options)


class RetrainedModel(dg.Component):
    """One model's whole loop: its data, drift, decisions, candidates, validation and release."""

    def __init__(self, spec: ModelSpec) -> None:
        self.spec = spec

    @classmethod
    def get_model_cls(cls) -> type[BaseModel] | None:
        """What Dagster validates against, and shows the schema of."""
        return SpecAsWritten

    @classmethod
    def load(cls, attributes: Any, context: dg.ComponentLoadContext) -> "RetrainedModel":
        """Read the file as `retrain check` does, with the names that Dagster knows in templates.

        Raises:
            SpecErrors: with every mistake of the file.
        """
        known = context.resolution_context
        file = Path(known.source_position_tree.position.filename) if known.source_position_tree else None
        if file is not None and file.is_file():
            # The type is Dagster's to look up: it may be a host project's own subclass.
            return cls(read_spec(file, names=known.scope, of_type=None))
        given = attributes.root if attributes is not None else {}
        return cls(spec_as_written(given, str(context.path), known.scope))

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """The model's graph; the fleet of the code location learns of the model."""
        join(self.spec)
        return build_model_defs(self.spec)
