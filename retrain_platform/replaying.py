"""A spec's replay, joined to the places of this home: its source, its learner, and what earlier replays kept."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from retrain_platform.adapters.settings import Settings, settings
from retrain_platform.dataset.period import Period
from retrain_platform.resources import reader_of, workshop

if TYPE_CHECKING:
    import pandas as pd

    from retrain_platform.replay.ground import Ground
    from retrain_platform.replay.matrix import Told
    from retrain_platform.replay.of_spec import SpecReplay
    from retrain_platform.replay.results import ReplayReport
    from retrain_platform.spec import ModelSpec
    from retrain_platform.steps.workshop import Workshop

SMALL = 2_000_000
"""Up to so many cells of training data, several trainings beside each other take little memory."""


def replayed(
    spec: ModelSpec,
    asked: SpecReplay,
    trained: Told = lambda done, of: None,
    said: Callable[[str], None] = lambda text: None,
    at: Settings | None = None,
) -> ReplayReport:
    """The whole replay of a spec; `trained` is told how many trainings are done, `said` what else is.

    Raises:
        ValueError: the spec's history cannot be replayed as asked; the message says what to change.
    """
    from retrain_platform.adapters.error_detectors import error_detectors
    from retrain_platform.adapters.kept_scores import ScoreFiles
    from retrain_platform.adapters.kept_texts import KeptTexts
    from retrain_platform.replay.of_spec import replay_spec

    place = at or settings()
    ground = ground_of(spec, place, said) if asked.batches is None else _batches_of(spec, place, asked.batches, said)
    at_once = _at_once(ground)
    return replay_spec(
        _tidied(_shared(ground, max(1, cores() // at_once))),
        asked._replace(at_once=at_once, detectors=error_detectors()),
        KeptTexts(place.replays),
        ScoreFiles(place.replays / "scores"),
        trained,
        said,
    )


def _at_once(ground: Ground) -> int:
    """How many trainings go beside each other: small ones one a core, large ones one by one on all cores."""
    cells = sum(taken.rows * len(taken.shape.columns) for taken in ground.taken.values())
    return max(1, min(cores(), SMALL // max(1, cells)))


def ground_of(spec: ModelSpec, at: Settings, said: Callable[[str], None]) -> Ground:
    """The spec's history, read from its source into memory; nothing that stands at this home is touched."""
    from retrain_platform.adapters.scratch import anew, beside
    from retrain_platform.replay.ground import lay

    shop = anew(workshop(spec, at))
    return lay(shop, partial(beside, shop), said)


def _batches_of(spec: ModelSpec, at: Settings, count: int, said: Callable[[str], None]) -> Ground:
    """The same in batches of equal count, whatever calendar the rows follow: each stands in place of a period."""
    from retrain_platform.adapters.batched import batched
    from retrain_platform.adapters.scratch import anew, beside
    from retrain_platform.replay.ground import lay

    said("reading all rows")
    calendar = spec.period.model_copy(update={"end": None})
    label = spec.label.model_copy(update={"arrival": None})
    cut = spec.model_copy(update={"period": calendar, "label": label})
    shop = replace(anew(workshop(cut, at)), reader=batched(_all_rows(spec, at), cut, count))
    return lay(shop, partial(beside, shop), said)


def _all_rows(spec: ModelSpec, at: Settings) -> pd.DataFrame:
    """Every row of the source; of plain files also those whose times are numbers that only order."""
    from retrain_platform.adapters.whole_table import whole_table

    source = spec.source
    if source.kind == "files" and not source.joins:
        rows = whole_table(str(Path.cwd() / source.path))
        texts = [name for name, kind in rows.dtypes.items() if str(kind) == "category"]
        return rows.astype(dict.fromkeys(texts, object))
    reader = reader_of(spec, at)
    newest = reader.watermark()
    start = spec.period.at(0).start
    end = start if newest is None else newest + timedelta(microseconds=1)
    return reader.read(Period(key="all", start=start, end=end))


def _shared(ground: Ground, threads: int) -> Ground:
    """The same ground, its trainings on so many threads each, where the spec does not say how many."""
    from retrain_platform.adapters.learners import learner
    from retrain_platform.adapters.scratch import beside

    spec = ground.shop.spec
    if spec.operation.resources.threads:
        return ground
    shop = replace(ground.shop, teach=lambda recipe: learner(recipe, spec.task, threads=threads))
    return replace(ground, shop=shop, beside=partial(beside, shop))


def _tidied(ground: Ground) -> Ground:
    """The same ground; before a training begins the memory of the last one is handed back."""
    from retrain_platform.adapters.freed_memory import give_back

    def beside() -> Workshop:
        give_back()
        return ground.beside()

    return replace(ground, beside=beside)


def cores() -> int:
    """How many this process may use: OMP_NUM_THREADS where it is set, else what the system leaves it."""
    said = os.environ.get("OMP_NUM_THREADS", "")
    return int(said) if said.isdecimal() and int(said) else len(os.sched_getaffinity(0))
