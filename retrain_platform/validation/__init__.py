"""Is the new one good enough: an honest exam, gates as a visible family, the report and the card."""

from __future__ import annotations

from typing import Annotated, get_args

from pydantic import Field

from retrain_platform.validation.backtest import Backtest
from retrain_platform.validation.behaviour import Behaviour
from retrain_platform.validation.calibration import Calibration
from retrain_platform.validation.compliance import Compliance
from retrain_platform.validation.cost import Cost
from retrain_platform.validation.extra import ExtraSet
from retrain_platform.validation.fairness import Fairness, Segments
from retrain_platform.validation.forgetting import Forgetting
from retrain_platform.validation.gate import GateBase
from retrain_platform.validation.golden import Golden
from retrain_platform.validation.integration import Integration
from retrain_platform.validation.performance import AgainstChampion, Catastrophic, Floor
from retrain_platform.validation.python import PythonGate
from retrain_platform.validation.questions import Performance
from retrain_platform.validation.robustness import Robustness

Gate = Annotated[
    Floor
    | AgainstChampion
    | Performance
    | Catastrophic
    | Segments
    | Fairness
    | Calibration
    | Backtest
    | Robustness
    | Compliance
    | Integration
    | Cost
    | Golden
    | Behaviour
    | ExtraSet
    | Forgetting
    | PythonGate,
    Field(discriminator="kind"),
]
"""Any gate, as the spec's `validation: gates:` lists them."""

GATES: tuple[type[GateBase], ...] = get_args(get_args(Gate)[0])
"""Every member of `Gate`."""

__all__ = [
    "GATES",
    "AgainstChampion",
    "Backtest",
    "Behaviour",
    "Calibration",
    "Catastrophic",
    "Compliance",
    "Cost",
    "ExtraSet",
    "Fairness",
    "Floor",
    "Forgetting",
    "Gate",
    "Golden",
    "Integration",
    "Performance",
    "PythonGate",
    "Robustness",
    "Segments",
]
