"""Labels and the scores that they judge: each pair counts once, whichever of the two comes first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection

from retrain_platform.dataset.label import Task
from retrain_platform.gateway.log.evidence_tables import LABELLED, SCORED, insert_new, of_ids
from retrain_platform.gateway.log.folding import Sums
from retrain_platform.release.live.losses import Told, loss, lost_less
from retrain_platform.release.split import Split


class Judged(NamedTuple):
    """What of a model the bins need.

    How a label is judged, which feedback only ever says yes, the classes of a version, and who gets which share now.
    """

    task: Task
    metric: str
    events: Sequence[str]
    classes: Callable[[str], Sequence[str]]
    split: Split | None = None


class Label(NamedTuple):
    """A label and when it came, microseconds since 1970."""

    at: int
    value: str


class _Score(NamedTuple):
    """What a version told of a record."""

    version: str
    answered: bool
    told: Told


def join(
    connection: Connection,
    model: str,
    judged: Judged,
    sums: Sums,
    labels: Mapping[str, Label],
    scored: Mapping[str, AbstractSet[str]],
) -> Counter[str]:
    """Count the losses of records that have a label and a score now, and had not both before.

    `labels` and `scored` (the versions) are new, by record; the scores are in the database. A record's first label
    counts. Gives how many labels were passed over, by why.
    """
    passed: Counter[str] = Counter()
    standing = {row.id for row in of_ids(connection, LABELLED, model, labels)}
    passed["relabelled"] = len(standing)
    new = {identity: label for identity, label in labels.items() if identity not in standing}
    insert_new(connection, LABELLED, [{"model": model, "id": key, **label._asdict()} for key, label in new.items()])
    before = of_ids(connection, LABELLED, model, [identity for identity in scored if identity not in new])
    all_labels = new | {row.id: Label(row.at, row.value) for row in before}
    for identity, scores in _scores(connection, model, judged, list(all_labels)).items():
        fresh = {each.version for each in scores} if identity in new else scored[identity]
        try:
            _judge(judged, sums, all_labels[identity], scores, fresh)
        except ValueError:
            passed["unfit"] += 1
    return passed


def _scores(connection: Connection, model: str, judged: Judged, ids: Sequence[str]) -> dict[str, list[_Score]]:
    """All that is known of these records, by record."""
    found: defaultdict[str, list[_Score]] = defaultdict(list)
    for row in of_ids(connection, SCORED, model, ids):
        told = Told(msgspec.json.decode(row.score), judged.classes(row.version))
        found[row.id].append(_Score(row.version, row.answered, told))
    return found


def _judge(judged: Judged, sums: Sums, label: Label, scores: Sequence[_Score], fresh: AbstractSet[str]) -> None:
    """Count the losses of the fresh versions, and of every pair with one of them.

    Raises:
        ValueError: the label is none of the task's, before anything is counted.
    """
    task, metric = judged.task, judged.metric
    losses = {each.version: loss(task, metric, label.value, each.told) for each in scores}
    pairs: list[tuple[Any, ...]] = [
        (label.at, one.version, one.answered, other.version, less)
        for one in scores
        for other in scores
        if one is not other and (one.version in fresh or other.version in fresh)
        if (less := lost_less(task, metric, label.value, one.told, other.told)) is not None
    ]
    for each in scores:
        lost = losses[each.version]
        if each.version in fresh and lost is not None:
            sums.label(label.at, each.version, each.answered, lost)
    for pair in pairs:
        sums.pair(*pair)


def label_text(value: float | str) -> str:
    """The label as it is kept: whole numbers as such, for a class may be called 3.

    >>> label_text(3.0), label_text(2.5), label_text("late")
    ('3', '2.5', 'late')
    """
    if isinstance(value, str):
        return value.replace("\0", "")  # PostgreSQL keeps no text with a zero in it
    return str(int(value)) if value.is_integer() else repr(value)
