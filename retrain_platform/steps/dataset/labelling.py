"""Which rows to label next, and which were asked for already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
import pandas as pd

from retrain_platform.dataset.duration import duration_text
from retrain_platform.dataset.labelling import Choice, Kind, Pool, label_queue
from retrain_platform.dataset.record import Record, fingerprint, finite
from retrain_platform.steps.dataset.unlabelled import (
    KEY,
    Known,
    Told,
    keyed,
    known_rows,
    labels_by_segment,
    missing_labels,
    told_of,
)
from retrain_platform.steps.known import ripened, segments_of
from retrain_platform.steps.values import Ingested
from retrain_platform.steps.workshop import Workshop

_MOST_NAMED = 6
"""How many periods a note names one by one."""


class NothingToLabel(ValueError):
    """No row is there that a label could be asked for; why not."""


class AskedRow(Record):
    """A row that a label is asked for. `score` is the champion's, of several classes the chance of `answer`.

    `event_time` (to the microsecond), `entity` and `nth`, its number from 0 among the rows alike in both, tell it.
    `queue` is the one that asked: `probability` is a chance among the rows that it chose from.
    """

    queue: str
    period: str
    event_time: datetime
    entity: str
    nth: int
    score: float | None
    answer: str | None
    segments: dict[str, str]
    kind: Kind
    reason: str
    probability: float | None


class Asked(Record):
    """All rows of one period that labels were asked for until now, by whichever queue; each as it was asked last."""

    period: str
    rows: tuple[AskedRow, ...]


class LabelQueue(Record):
    """The rows to label next, in the order in which a growing budget would ask for them: see `dataset.labelling`.

    `id` names the queue, `period` is the newest watched one. Of the rows without a label `pool` could be asked for,
    `earlier` were asked for before; `explored` of the chosen were drawn. `notes` are plain sentences.
    """

    id: str
    model: str
    period: str
    champion: str | None
    budget: int
    explore: float
    seed: int
    pool: int
    earlier: int
    explored: int
    rows: tuple[AskedRow, ...]
    notes: tuple[str, ...] = ()


class _Open(NamedTuple):
    """The rows that can be asked for, those that have a label or were asked for one, and how many of all were.

    `notes` are plain sentences about those that cannot be.
    """

    rows: pd.DataFrame
    labelled: pd.DataFrame
    earlier: int
    notes: tuple[str, ...]


def queue_of(shop: Workshop, *, budget: int, explore: float, limit: float = 0.5, again: bool = False) -> LabelQueue:
    """The rows to label next; nothing is kept. `again`: also those that were asked for and have no label yet.

    A label that the source has counts as there, also before the data's time reaches its arrival; before an event is as
    old as labels take, its label may still come by itself, and is not asked for. `limit` is where a binary decision
    turns.

    Raises:
        NothingToLabel: no watched period has a row that could be asked for.
        ValueError: a budget under 1, or a share outside 0 to 1.
        Mismatch: the predictions of a period are not those of its events.
    """
    newest = shop.frontier()
    if newest is None:
        raise NothingToLabel(f"{shop.model}: nothing to label: no period was watched yet")
    known, on_record = known_rows(shop, newest), shop.values.all(shop.model, "label_queue", Asked)
    end, champion = shop.spec.period.period(newest).end, shop.state().champion
    found = _open(shop, known, on_record, end, again=again)
    told = told_of(shop, known.frame, found.rows, champion, limit)
    pool = Pool(len(found.rows), segments_of(shop, found.rows), labels_by_segment(shop, found.labelled), told.doubt)
    seed = _seed(shop, 0 if again else sum(len(each.rows) for each in on_record.values()))
    chosen = label_queue(pool, budget=budget, explore=explore, seed=seed)
    id = fingerprint([shop.model, newest, budget, explore, limit, seed, pool.rows])
    asked = tuple(_asked(id, choice, found.rows, told, pool.segments) for choice in chosen)
    return LabelQueue(
        id=id,
        model=shop.model,
        period=newest,
        champion=champion,
        budget=budget,
        explore=explore,
        seed=seed,
        pool=pool.rows,
        earlier=found.earlier,
        explored=sum(choice.kind == "explored" for choice in chosen),
        rows=asked,
        notes=(*found.notes, *_unsaid(shop, champion, told), *_not_read_again(shop, end, asked)),
    )


def remember(shop: Workshop, queue: LabelQueue) -> None:
    """Keep on record, by period, which rows were asked for, so that the next queue asks for others."""
    for key in dict.fromkeys(row.period for row in queue.rows):
        standing = shop.values.newest(shop.model, "label_queue", key, Asked)
        rows = {_key(row): row for row in (standing.rows if standing else ())}
        rows |= {_key(row): row for row in queue.rows if row.period == key}
        shop.values.put(shop.model, "label_queue", key, queue.id, Asked(period=key, rows=tuple(rows.values())))


def source_rows(shop: Workshop, queue: LabelQueue) -> pd.DataFrame:
    """The source's own columns of the queue's rows, in its order, and those that the platform made beside them."""
    frame = keyed(shop.lake.read(shop.events, sorted({row.period for row in queue.rows})))
    wanted = pd.MultiIndex.from_tuples([_key(row) for row in queue.rows])
    found = frame.iloc[Known(frame, ()).keys.get_indexer(wanted)]
    own = [name for name in found if str(name) not in (*KEY, "_event_time", "_label", "_arrived")]
    return found[own].reset_index(drop=True)


def _open(shop: Workshop, known: Known, on_record: Mapping[str, Asked], end: datetime, *, again: bool) -> _Open:
    """Part the known rows as they are at the `end` of the newest period.

    Raises:
        NothingToLabel: none could be asked for.
    """
    missing, delay = missing_labels(shop, known.frame), shop.spec.label.delay
    young = missing & (known.frame["_event_time"] > pd.Timestamp(end) - delay).to_numpy(dtype=bool)
    before = missing & _were_asked(known, [row for each in on_record.values() for row in each.rows])
    open_ = missing & ~young if again else missing & ~young & ~before
    waits = f"{int(young.sum()):,} rows are younger than label.delay == {duration_text(delay)}: theirs may still come"
    notes = (*known.notes, *([waits] if young.any() else []))
    if not open_.any():
        raise NothingToLabel(
            "; ".join([f"{shop.model}: nothing to label: {_nothing(known, int(before.sum()))}", *notes])
        )
    labelled = known.frame["_label"].notna().to_numpy() | (before & ~open_)
    return _Open(known.frame[open_], known.frame[labelled], int(before.sum()), notes)


def _were_asked(known: Known, rows: Sequence[AskedRow]) -> np.ndarray:
    if not rows or known.frame.empty:
        return np.zeros(len(known.frame), dtype=bool)
    asked: np.ndarray = known.keys.isin(pd.MultiIndex.from_tuples([_key(row) for row in rows]))
    return asked


def _key(row: AskedRow) -> tuple[pd.Timestamp, str, int]:
    return pd.Timestamp(row.event_time).tz_convert("UTC"), row.entity, row.nth


def _nothing(known: Known, before: int) -> str:
    if before:
        return f"all {before:,} rows that lack a label were asked for already; --again asks for them once more"
    if known.frame.empty:
        return "no watched period has rows that are learned from"
    return f"no label that is due is missing among the {len(known.frame):,} rows of watched periods"


def _seed(shop: Workshop, asked: int) -> int:
    """Another one for each queue: an earlier one's draws are no chance among the rows that it left."""
    return int(fingerprint([shop.model, shop.spec.training.seed, "labels", asked])[:8], 16)


def _asked(queue: str, choice: Choice, rows: pd.DataFrame, told: Told, segments: Mapping[str, np.ndarray]) -> AskedRow:
    row, answer = rows.iloc[choice.place], told.answers[choice.place]
    return AskedRow(
        queue=queue,
        period=row["_period"],
        event_time=row["_at"].to_pydatetime(warn=False),
        entity=row["_entity"],
        nth=int(row["_nth"]),
        score=finite(told.scores[choice.place]),
        answer=None if pd.isna(answer) else str(answer),
        segments={name: str(texts[choice.place]) for name, texts in segments.items()},
        kind=choice.kind,
        reason=choice.reason,
        probability=choice.probability,
    )


def _unsaid(shop: Workshop, champion: str | None, told: Told) -> list[str]:
    """What the rows could not be chosen by."""
    if champion is None:
        return ["no champion yet: no row is chosen by a score"]
    if shop.spec.task in ("regression", "ranking"):
        return [f"{shop.spec.task}: no score is near a decision, so no row is chosen by one"]
    silent = int(np.isnan(told.scores).sum())
    return [f"{silent:,} of {len(told.scores):,} rows have no answer of version {champion}"] if silent else []


def _not_read_again(shop: Workshop, end: datetime, rows: Sequence[AskedRow]) -> list[str]:
    """Which of the rows lie in periods whose labels the platform fetches no more by itself."""
    ripe = ripened(shop, end)
    taken = shop.values.all(shop.model, "events", Ingested)
    done = sorted({row.period for row in rows if row.period in ripe or not taken[row.period].live})
    if not done:
        return []
    count = sum(row.period in done for row in rows)
    return [
        f"{count:,} of the rows lie in periods that are not read again by themselves: once their labels are in the "
        f"source, materialise events of {_named(done)}"
    ]


def _named(periods: Sequence[str]) -> str:
    if len(periods) <= _MOST_NAMED:
        return ", ".join(periods)
    return f"{len(periods)} periods, {periods[0]} to {periods[-1]}"
