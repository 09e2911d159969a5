"""Which fields each place of a spec knows, and which of them somebody meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from retrain_platform.dataset.checks import ChecksSpec, PythonCheck
from retrain_platform.dataset.cleaning import Cleaning, Duplicates, Outliers
from retrain_platform.dataset.control import ControlSet
from retrain_platform.dataset.days import PreferredWindow
from retrain_platform.dataset.joins import JOINS
from retrain_platform.dataset.label import LabelSpec
from retrain_platform.dataset.measures import MEASURE_TABLES
from retrain_platform.dataset.period import Calendar
from retrain_platform.dataset.recorded import RECORDED
from retrain_platform.dataset.rolling import Rolling
from retrain_platform.dataset.shares import SplitSpec
from retrain_platform.dataset.source import SOURCES
from retrain_platform.monitoring.gap import ChallengerSpec
from retrain_platform.policy import POLICIES
from retrain_platform.policy.adaptive import CadenceRow
from retrain_platform.policy.calendar import Blackout, Season
from retrain_platform.policy.escalation import EscalationRow
from retrain_platform.policy.gain import CostSpec
from retrain_platform.policy.presets import Preset
from retrain_platform.policy.screening import Screen
from retrain_platform.release.base import ReleasePlan
from retrain_platform.release.live.freeze import DateFreeze, WeeklyFreeze
from retrain_platform.release.live.measures import MEASURES
from retrain_platform.release.live.plan import (
    ABTest,
    BlueGreen,
    Canary,
    CheckEvery,
    Expedited,
    LivePlan,
    Shadow,
    Staging,
    Traffic,
)
from retrain_platform.release.live.triggers import TRIGGERS, Triggers
from retrain_platform.spec.model import Features, ModelSpec, Monitoring, Validation
from retrain_platform.spec.operation import Operation, Resources
from retrain_platform.training import LEARNERS
from retrain_platform.training.ensemble import Anomaly
from retrain_platform.training.search import Dimension, Search
from retrain_platform.validation import GATES
from retrain_platform.validation.behaviour import BehaviourTest
from retrain_platform.validation.card_facts import CardSpec
from retrain_platform.validation.questions import Question

_FAMILIES: dict[str, Sequence[type[BaseModel]]] = {
    "source": SOURCES,
    "joins": JOINS,
    "predictions": RECORDED,
    "policy": (*POLICIES, Preset),
    "training": LEARNERS,
    "validation": GATES,
    "monitoring": MEASURE_TABLES,
}
_SECTIONS: dict[str, type[BaseModel]] = {
    "period": Calendar,
    "label": LabelSpec,
    "features": Features,
    "monitoring": Monitoring,
    "checks": ChecksSpec,
    "validation": Validation,
    "release": ReleasePlan,
    "operation": Operation,
    "cost": CostSpec,
    "card": CardSpec,
}


_PARTS: dict[str, type[BaseModel]] = {
    "adaptive.rows": CadenceRow,
    "escalation.rows": EscalationRow,
    "schedule.calendar": Season,
    "schedule.preferred": PreferredWindow,
    "blackouts": Blackout,
    "screens": Screen,
    "behaviour.tests": BehaviourTest,
    "performance.metrics": Question,
}
"""What the lists within a policy or a gate hold: by its kind and the list's name, or by the list's name alone."""


_WITHIN: dict[str, dict[str, type[BaseModel]]] = {
    "checks": {"own": PythonCheck},
    "monitoring": {"control": ControlSet, "challenger": ChallengerSpec},
    "training": {"rows": Cleaning, "split": SplitSpec, "search": Search, "anomaly": Anomaly},
    "features": {"rolling": Rolling},
    "operation": {"resources": Resources},
    "release": {"live": LivePlan},
}
"""What stands within a section, by its name: a mapping, or the items of a list."""

_DEEPER: dict[str, type[BaseModel]] = {
    "rows.duplicates": Duplicates,
    "rows.outliers": Outliers,
    "search.space": Dimension,
    "live.staging": Staging,
    "live.shadow": Shadow,
    "live.expedited": Expedited,
    "live.traffic": Traffic,
    "live.triggers": Triggers,
    "live.checks": CheckEvery,
    "live.freeze": DateFreeze,
}
"""What stands within such a part, by its name and its own."""


def _part_of_policy(path: Sequence[str | int], attributes: Mapping[str, Any]) -> list[str]:
    """The field names of an item of a list within a policy or a gate; empty where `path` is no such item."""
    if len(path) < 2 or not isinstance(path[-1], int):
        return []
    owner: Any = attributes
    for part in path[:-2]:
        owner = owner.get(part) if isinstance(owner, Mapping) else owner[part]
    kind = owner.get("kind") if isinstance(owner, Mapping) else None
    member = _PARTS.get(f"{kind}.{path[-2]}") or _PARTS.get(str(path[-2]))
    return [] if member is None else [field.alias or name for name, field in member.model_fields.items()]


def known_fields(path: Sequence[str | int], attributes: Mapping[str, Any]) -> list[str]:
    """The field names that the spec knows at `path`, in order; names and kinds on the way may be slips of the pen."""
    if not path:
        return list(ModelSpec.model_fields)
    data: Any = attributes
    for part in path:
        data = data.get(part) if isinstance(data, Mapping) else data[part]
    section = nearest(path[0], ModelSpec.model_fields)
    if section == "source" and len(path) > 2 and nearest(path[1], ["joins"]):
        section = "joins"
    if (member := _of_live(path, data)) is not None:
        return [field.alias or name for name, field in member.model_fields.items()]
    within = _WITHIN.get(section or "", {})
    if len(path) > 1 and (meant := nearest(path[1], within)) is not None:
        inner = _DEEPER.get(f"{meant}.{path[2]}") if len(path) > 2 else None
        return list((inner or within[meant]).model_fields)
    members = {str(member.model_fields["kind"].default): member for member in _FAMILIES.get(str(section), ())}
    kind = nearest(data.get("kind"), members) if isinstance(data, Mapping) else None
    if kind is not None:
        return list(members[kind].model_fields)
    if section == "policy" or (section == "validation" and len(path) > 3):
        return _part_of_policy(path, attributes)
    return list(_SECTIONS[section].model_fields) if section in _SECTIONS else []


_LIVE_FAMILIES: dict[str, Sequence[type[BaseModel]]] = {
    "rollout": (Canary, ABTest, BlueGreen),
    "primary": MEASURES,
    "secondary": MEASURES,
    "measures": MEASURES,
    "triggers": TRIGGERS,
    "freeze": (WeeklyFreeze, DateFreeze),
}
"""The members of the families within a live plan, by the name that they stand under."""


def _of_live(path: Sequence[str | int], data: Any) -> type[BaseModel] | None:
    """What stands at a place of a live plan that says its kind; None elsewhere."""
    if tuple(path[:2]) != ("release", "live") or not isinstance(data, Mapping):
        return None
    families = [family for part in path[2:] for family in _LIVE_FAMILIES.get(str(part), ())]
    members = {str(member.model_fields["kind"].default): member for member in families}
    kind = nearest(data.get("kind"), members)
    return None if kind is None else members[kind]


def nearest(name: object, known: Iterable[str]) -> str | None:
    """The known name that is meant: the name itself, else the one most like it; None where none is like it.

    >>> nearest("segmnets", ["segments", "source"])
    'segments'
    """
    close = difflib.get_close_matches(str(name), list(known), 1)
    return close[0] if close else None


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """A hint at the nearest known name, or nothing."""
    close = nearest(name, known)
    return f"; did you mean {close}?" if close else ""


def quoted(text: object) -> list[str]:
    """The names between quotes in a validator's sentence.

    >>> quoted("'files', 'delta' or 'sql'")
    ['files', 'delta', 'sql']
    """
    return re.findall(r"'([^']*)'", str(text))
