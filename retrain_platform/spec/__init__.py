"""The spec of a model: one section per room, all mistakes of a file at once."""

from retrain_platform.spec.load import SpecErrors, read_spec, spec_as_written, spec_from
from retrain_platform.spec.model import ModelSpec

__all__ = ["ModelSpec", "SpecErrors", "read_spec", "spec_as_written", "spec_from"]
