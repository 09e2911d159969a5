"""A closed period's rows, from the source into the lake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import pandas as pd

from retrain_platform.dataset.events import Arranged, BadEvents, arrange
from retrain_platform.dataset.feedback import misfit_propensities
from retrain_platform.dataset.joining import NOTES
from retrain_platform.dataset.label import LabelSpec
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.soundness import Shape, shape_of, unsound
from retrain_platform.dataset.source import lineage
from retrain_platform.spec.columns import misfits
from retrain_platform.steps.dataset.recording import with_recorded
from retrain_platform.steps.dataset.rolling import with_rolling
from retrain_platform.steps.dataset.schema import USUAL, Columns, columns_of, cure, feature_columns
from retrain_platform.steps.known import ripened
from retrain_platform.steps.lines import INCIDENT
from retrain_platform.steps.values import Ingested
from retrain_platform.steps.workshop import Workshop


def ingest(shop: Workshop, period: Period) -> Ingested:
    """Bring the period's rows into the lake, and fresh labels for earlier periods that still wait for them.

    Raises:
        BadEvents: the rows cannot be placed in time or given to an entity, or no label was ever read, or the
            spec names features or segments that no period ever had.
    """
    for earlier, taken in _awaiting_labels(shop, period).items():
        _tell(shop, period, _bring(shop, earlier, taken.versions, taken.code))
    return _bring(shop, period, shop.spec.versions, shop.code)


def _tell(shop: Workshop, period: Period, again: Ingested) -> None:
    """An earlier period that proves broken when it is read again is an incident on record, once: someone must look."""
    if again.problems and shop.is_next(period):
        shop.ledger.append(
            shop.model,
            INCIDENT,
            f"data:{again.period}",
            period.end,
            why=f"{again.period}, read again for its labels: {'; '.join(again.problems)}",
            body={"kind": "data", "period": again.period},
        )


def _bring(shop: Workshop, period: Period, versions: Mapping[str, str], code: str) -> Ingested:
    spec = shop.spec
    now = shop.now()
    frame = shop.reader.read(period)
    notes = frame.attrs.pop(NOTES, ())
    arranged = _arranged(shop, period, frame, now)
    rolled = with_rolling(shop, period, arranged.frame)
    recorded = with_recorded(shop, period, rolled.frame)
    arranged = replace(arranged, frame=recorded.frame)
    version, refused = _written(shop, period, arranged)
    shape = shape_of(arranged.frame)
    columns = columns_of(shop, period, shape, versions, [*_told(spec.label, arranged), *spec.features.made])
    value = Ingested(
        period=period.key,
        rows=0 if refused else arranged.rows,
        duplicates=arranged.duplicates,
        live=now < period.end + spec.label.delay,
        shape=shape,
        problems=(*_problems(shop, period, arranged, shape, columns), *refused),
        table_version=version,
        versions=dict(versions),
        code=code,
        changes=columns.undeclared,
        declared=columns.declared,
        source=lineage(spec.source),
        notes=(*notes, *rolled.notes, *recorded.notes),
        rolled_at=version if spec.features.rolling and rolled.at is None else rolled.at,
    )
    shop.values.put(shop.model, "events", period.key, "events", value)
    return value


def _arranged(shop: Workshop, period: Period, frame: pd.DataFrame, now: datetime) -> Arranged:
    """The period's rows as the source has them `now`; refused where what the spec names was never there."""
    spec = shop.spec
    arranged = arrange(
        frame,
        source=spec.source,
        label=spec.label,
        calendar=spec.period,
        period=period,
        loaded_at=now,
        changing=spec.features.exclude,
        task=spec.task,
    )
    if arranged.unlabelled and not _ever_labelled(shop):
        raise BadEvents(arranged.unlabelled)
    if arranged.rows and (never := _never_there(shop, arranged)):
        raise BadEvents(never)
    return arranged


def _never_there(shop: Workshop, arranged: Arranged) -> list[str]:
    """What the spec names and no period ever had: a slip of the pen. What vanished is for `unsound` to tell."""
    columns = dict.fromkeys(str(name) for name in arranged.frame.columns)
    for value in shop.values.all(shop.model, "events", Ingested).values():
        columns.update(dict.fromkeys(value.shape.columns))
    label = (shop.spec.label.column, shop.spec.label.arrival)
    there = [*columns, *(name for name in label if name and name not in columns)]  # unreadable labels were told
    return [f"{field} == {value}, {cure}" for field, value, cure in misfits(shop.spec, there)]


def _ever_labelled(shop: Workshop) -> bool:
    """Whether labels of any period were read: if of none, it is the spec or the whole source that is wrong."""
    column = shop.spec.label.column
    taken = shop.values.all(shop.model, "events", Ingested).values()
    return any(value.shape.rows and column in value.shape.columns for value in taken)


def _told(label: LabelSpec, arranged: Arranged) -> list[str]:
    """The columns of labels that could not be read: what became of them is told by why."""
    return [name for name in (label.column, label.arrival) if name and arranged.unlabelled]


def _problems(shop: Workshop, period: Period, arranged: Arranged, shape: Shape, columns: Columns) -> list[str]:
    """What is wrong with the period's rows beside those before.

    Labels that cannot be read are no reason to stop: the rows are scored and their drift measured, and the
    period, broken, is not learned from. Mended while its labels still come, it is read again and sound.
    """
    before = [value.shape for key, value in shop.values.all(shop.model, "events", Ingested).items() if key < period.key]
    return [
        *(f"its labels were not taken: {why}" for why in arranged.unlabelled),
        *unsound(shape, before[-USUAL:], duplicates=arranged.duplicates),
        *columns.beside,
        *columns.undeclared,
        *([cure(shop.spec)] if columns.undeclared else []),
        *misfit_propensities(arranged.frame, shop.spec.label.propensity),
    ]


def _written(shop: Workshop, period: Period, arranged: Arranged) -> tuple[int | None, tuple[str, ...]]:
    """The table's version with the period's rows, or why the lake cannot hold them.

    Rows of another type (TypeChanged) or of several (ValueError) must not stop the road: the period
    counts as one without rows, so that it is neither scored nor learned from, and the decision asks
    someone to look. A reading that was taken before goes too, for predictions and labels to match.
    """
    if not arranged.rows:
        return None, ()
    try:
        return shop.lake.replace(shop.events, period.key, arranged.frame), ()
    except ValueError as error:
        if period.key in shop.lake.periods(shop.events):
            shop.lake.replace(shop.events, period.key, arranged.frame.iloc[:0])
        return None, (f"its rows were not taken: {error}",)


def _awaiting_labels(shop: Workshop, period: Period) -> dict[Period, Ingested]:
    """Earlier periods that were read while their labels were still arriving and are not ripe yet."""
    ripe = ripened(shop, period.start)
    waiting = shop.values.all(shop.model, "events", Ingested)
    return {
        shop.spec.period.period(key): value
        for key, value in waiting.items()
        if value.live and key < period.key and key not in ripe
    }


def features_of(shop: Workshop, frame: pd.DataFrame) -> list[str]:
    """The feature columns of an events frame, in its order."""
    return feature_columns(shop.spec, list(frame.columns))
