"""The small values that steps leave for each other, beside those of the rooms."""

from __future__ import annotations

from datetime import datetime

from retrain_platform.dataset.record import Record
from retrain_platform.dataset.soundness import Shape
from retrain_platform.monitoring.reports import Role
from retrain_platform.policy.history import RipePeriod


class Ingested(Record):
    """The events of a period: `live` when labels may still come; `problems` in plain sentences.

    `rows` are those that the lake took: none where it refused them, whatever `shape` the source had.
    `versions` and `code` are those that the period was watched with; `changes` those of `problems` that
    say how its columns changed undeclared, `declared` the changes that a raised version declared. `source` names
    the place that was read, without its secrets; `notes` are what its joins and its rolling features have to tell and
    breaks nothing. `rolled_at` is the version of the table that its rolling features were made from.
    """

    period: str
    rows: int
    duplicates: int
    live: bool
    shape: Shape
    problems: tuple[str, ...]
    table_version: int | None
    versions: dict[str, str] = {}
    code: str = ""
    changes: tuple[str, ...] = ()
    declared: tuple[str, ...] = ()
    source: str = ""
    notes: tuple[str, ...] = ()
    rolled_at: int | None = None


class Scored(Record):
    """Who scored a period. `versions` by role; `used` rows answered by each role; `problems`: why nobody could.

    `classes` by role are those of a multi-class label that the version knows, in the order of its scores.
    """

    period: str
    rows: int
    versions: dict[Role, str]
    used: dict[Role, int]
    problems: tuple[str, ...] = ()
    classes: dict[Role, tuple[str, ...]] = {}


class Ripened(Record):
    """A period that became ripe at `as_of`, kept as it was then."""

    as_of: datetime
    period: RipePeriod
    forced: bool


class Card(Record):
    """A model card in Markdown; `version` is the registry's, None of a candidate that was turned away."""

    decision_id: str
    version: str | None = None
    text: str


class Registered(Record):
    """How a retrain ended: `version` and `semantic_version` are None where the candidate was turned away."""

    decision_id: str
    version: str | None
    semantic_version: str | None = None
    verdict: str
    model_fingerprint: str = ""
    training_rows: int = 0
    seen_until: datetime | None = None
    sentence: str
