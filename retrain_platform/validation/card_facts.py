"""What a model card says: what the spec declares of the model, and what the retrain and its people left."""

from __future__ import annotations

from datetime import datetime

from retrain_platform.dataset.record import Record


class CardSpec(Record):
    """What no measurement can say of a model, as its owners declare it; what is left empty is said to be undeclared.

    `purpose` is what it is for (the spec's description, if empty), `intended_use` who may use it for which decisions,
    `limits` what it must not be used for or does badly, `licence` of the model and its data, `documentation` where
    more is written, `contact` whom to ask.
    """

    purpose: str = ""
    intended_use: str = ""
    limits: tuple[str, ...] = ()
    licence: str = ""
    documentation: str = ""
    contact: str = ""


class Refit(Record):
    """The model that is released, where it is not the one that was examined (M13)."""

    rows: int
    rounds: int
    seen_until: datetime
    model_fingerprint: str


class Step(Record):
    """One line of the ledger that led to the version, or that moved it: who did it, when, and why.

    `as_of` is the data's time, `at` the wall clock's.
    """

    what: str
    actor: str
    as_of: datetime
    at: datetime
    why: str


class CardFacts(Record):
    """What the card says beside the validation report.

    `periods` are the first and last that the examined fit used, with their count; `tables` each
    source table's version; `importance` by feature, in any unit, None where the learner has none;
    `seen_until` and `model_fingerprint` are the examined model's. `version` is the registry's, None is not registered.
    `versions` are those declared of what made the rows, `code` the fingerprint of what prepared and fitted.
    `window` is what of the past the recipe takes, `dropped` the rows left out by why, `chosen` what else was
    done to choose and weigh the rows, in words. `steps` are the people's and the
    platform's moves so far, oldest first; `waits` says what the version waits for. `ids` name what it was made from.
    """

    model: str
    version: str | None
    semantic_version: str | None = None
    as_of: datetime
    decision_id: str
    trigger: str
    reason: str
    owners: tuple[str, ...]
    task: str
    label: str
    snapshot_id: str
    rows: int
    periods: tuple[str, str, int]
    window: str = ""
    dropped: dict[str, int] = {}
    chosen: tuple[str, ...] = ()
    tables: dict[str, int]
    features: tuple[str, ...]
    importance: dict[str, float] | None = None
    learner: str
    parameters: dict[str, str | int | float | bool | None]
    rounds: int
    seen_until: datetime
    model_fingerprint: str
    refit: Refit | None = None
    declared: CardSpec = CardSpec()
    limits: tuple[str, ...] = ()
    versions: dict[str, str] = {}
    code: str = ""
    steps: tuple[Step, ...] = ()
    waits: str = ""
    ids: dict[str, str] = {}
