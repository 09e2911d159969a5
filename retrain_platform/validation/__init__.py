"""Is the new one good enough: an honest exam, gates as a visible family, the report and the card."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from retrain_platform.validation.fairness import Segments
from retrain_platform.validation.gate import GateBase
from retrain_platform.validation.performance import AgainstChampion, Catastrophic, Floor
from retrain_platform.validation.python import PythonGate

Gate = Annotated[Floor | AgainstChampion | Catastrophic | Segments | PythonGate, Field(discriminator="kind")]
"""Any gate, as the spec's `validation: gates:` lists them."""

GATES: tuple[type[GateBase], ...] = (Floor, AgainstChampion, Catastrophic, Segments, PythonGate)
"""Every member of `Gate`."""

__all__ = ["GATES", "AgainstChampion", "Catastrophic", "Floor", "Gate", "PythonGate", "Segments"]
