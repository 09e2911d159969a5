"""A model that others registered becomes a version of ours: checked against the rows, copied, and on its way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from retrain_platform.dataset.features import BadFeatures
from retrain_platform.dataset.preparation import MissingColumns, UnfitColumn
from retrain_platform.dataset.record import Record
from retrain_platform.dataset.soundness import kind_of
from retrain_platform.dataset.texts import value_text
from retrain_platform.release.advance import open_release
from retrain_platform.release.base import Transition
from retrain_platform.release.fold import fold
from retrain_platform.spec.model import ModelSpec
from retrain_platform.steps.by_hand.acting import Act, NotNow, last_line, must_follow, reason
from retrain_platform.steps.dataset.schema import feature_columns
from retrain_platform.steps.lines import ADOPTED
from retrain_platform.steps.release.fitness import newest_rows
from retrain_platform.steps.release.live_time import moved_at
from retrain_platform.steps.release.releasing import project, record
from retrain_platform.steps.training.stored_requests import keep_rows
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training.artefact import PACKAGE_DIGEST, folder_digest
from retrain_platform.training.base import ModelVersion
from retrain_platform.training.foreign import CannotAdopt, Foreign

_ALIKE = 1e-9
"""The copy must answer as the model itself does, to within this, relative where above 1."""
_NUMBERS = ("double", "float", "integer", "long", "boolean")


class Adopted(Record):
    """Version `version` of `model`, a copy of `source`. `facts` are known of it, `missing` nobody said.

    `apart` is the most by which the copy answered otherwise than the model itself, on `rows` rows.
    """

    model: str
    version: str
    source: str
    flavour: str
    rows: int
    apart: float
    facts: tuple[str, ...]
    missing: tuple[str, ...]
    moves: tuple[Transition, ...] = ()


def adopt(shop: Workshop, act: Act, uri: str, seen_until: datetime | None = None) -> Adopted:
    """Copy the model at `uri` as a version of ours and put it on its way: the first model answers, others are released.

    `seen_until`: no row at or after it was learned from, as far as its makers say. Done again, it is the same version.

    Raises:
        CannotAdopt: it does not fit the model's spec, rows or registry; all that is wrong with it.
        NotNow: it is on its way already; somebody else wrote first.
        WrongUse: no reason.
    """
    act = act.model_copy(update={"why": reason(act.why)})
    foreign = shop.foreign.read(uri, shop.spec.task)
    _refuse_their_alias(shop, foreign)
    frame = newest_rows(shop)
    if wrong := list(_misfits(shop.spec, foreign, frame)):
        raise CannotAdopt("; ".join(wrong))
    apart = _apart(shop, foreign, frame)
    made = _registered(shop, foreign, frame)
    adopted = Adopted(
        model=shop.model,
        version=made.version,
        source=foreign.uri,
        flavour=foreign.flavour,
        rows=len(frame),
        apart=apart,
        facts=foreign.facts,
        missing=tuple(_missing(shop.spec, foreign, frame, seen_until)),
    )
    return adopted.model_copy(update={"moves": _opened(shop, act, adopted, _decision(foreign), seen_until)})


def _decision(foreign: Foreign) -> str:
    """What stands for the decision of a version that was adopted."""
    return f"adopted:{foreign.name}:{foreign.version}"


def _refuse_their_alias(shop: Workshop, foreign: Foreign) -> None:
    if foreign.name != shop.model:
        return
    ours = {made.version for made in shop.registry.versions(shop.model) if "decision_id" in made.tags}
    alias = shop.spec.release.aliases.champion
    holder = shop.registry.aliases(shop.model).get(alias)
    if foreign.version in ours:
        raise CannotAdopt(f"{foreign.uri} is a version of ours: release it with: retrain release open {shop.model}")
    if holder is not None and holder not in ours:
        raise CannotAdopt(
            f"alias {alias} of {shop.model} stands on version {holder}, which others registered, and is not moved: "
            "name ours otherwise, as in release: {aliases: {champion: our_champion}}"
        )


def _misfits(spec: ModelSpec, foreign: Foreign, frame: pd.DataFrame) -> Iterator[str]:
    """What of its columns is not among the spec's features, or of another kind in the newest rows."""
    needed = list(foreign.fitted.report.features)
    if not len(frame.columns):
        return
    try:
        features = feature_columns(spec, [str(name) for name in frame.columns])
    except BadFeatures as error:
        yield str(error)
        return
    there = {str(name) for name in frame.columns}
    if gone := [name for name in needed if name not in there]:
        yield f"columns {', '.join(gone)} are read by the model, must be in the source: it has {', '.join(features)}"
    if kept := [name for name in needed if name in there and name not in features]:
        yield (
            f"columns {', '.join(kept)} are read by the model, must be features of the spec: it excludes them "
            "(are they known only afterwards?)"
        )
    for name, kind in foreign.signature or ():
        if name in there and (wrong := _unlike(name, kind, frame[name])):
            yield wrong


def _unlike(name: str, kind: str, values: pd.Series) -> str:
    """A column of numbers that holds texts today, or of texts that holds times; empty where it is of the kind."""
    found = kind_of(values)
    if kind in _NUMBERS and found == "category" and pd.to_numeric(values.dropna(), errors="coerce").isna().any():
        return f"column {name} == texts, must be numbers: its signature says {kind}"
    return f"column {name} == times, must be {kind}" if found == "time" and kind != "datetime" else ""


def _apart(shop: Workshop, foreign: Foreign, frame: pd.DataFrame) -> float:
    """The most by which the copy answers otherwise than the model itself, relative where above 1.

    Raises:
        CannotAdopt: it cannot read the rows, gives what is no answer, or the copy is another model.
    """
    if not len(frame):
        return 0.0
    try:
        mine = foreign.fitted.score(frame)
        theirs = shop.foreign.native(foreign, frame)
    except (MissingColumns, UnfitColumn) as error:
        raise CannotAdopt(f"it cannot answer the newest rows: {error}") from error
    chances = shop.spec.task in ("binary", "multiclass")
    if not np.isfinite(mine).all() or (chances and ((mine < 0) | (mine > 1)).any()):
        raise CannotAdopt(f"its answers to the newest rows == {_odd(mine)} in places, must be {_answers(chances)}")
    gap = float((np.abs(mine - theirs) / np.maximum(1.0, np.abs(theirs))).max())
    if gap > _ALIKE:
        raise CannotAdopt(f"the copy answers otherwise than the model itself: apart by {gap:.3g}, must be <= {_ALIKE}")
    return gap


def _odd(scores: np.ndarray) -> float:
    return float(scores[~np.isfinite(scores) | (scores < 0) | (scores > 1)][0])


def _answers(chances: bool) -> str:
    return "chances from 0 to 1" if chances else "finite numbers"


def _missing(spec: ModelSpec, foreign: Foreign, frame: pd.DataFrame, seen_until: datetime | None) -> Iterator[str]:
    """What nobody said or could be seen, a sentence each with what follows from it."""
    yield from foreign.missing
    if seen_until is None:
        yield "what it learned from: taken as nothing after its release here (say otherwise with --seen-until)"
    if not len(frame):
        yield "rows: the source has no closed period, so it was asked about none"
        return
    used = set(foreign.fitted.report.features)
    unused = [name for name in feature_columns(spec, [str(name) for name in frame.columns]) if name not in used]
    if unused:
        yield f"features of the spec that it does not read: {', '.join(unused)}"
    preparation = getattr(foreign.fitted, "preparation", None)
    for name, known in ({} if preparation is None else preparation.categories).items():
        values = frame[name].dropna()
        strange = sum(value_text(value) not in known for value in values)
        if strange:
            yield f"{strange / len(values):.0%} of {name} are values that it never saw"


def _registered(shop: Workshop, foreign: Foreign, frame: pd.DataFrame) -> ModelVersion:
    """The copy in the registry, its stored requests beside it; made once."""
    decision = _decision(foreign)
    folder = shop.values.folder(shop.model, "candidate_model", decision)
    package = folder / "final"
    shop.keep(foreign.fitted, package)
    if len(frame):
        keep_rows(shop, foreign.fitted, frame, folder)
    fitted = shop.load(package)
    tags = {
        "adopted_from": foreign.uri,
        "adopted_alias": foreign.alias,
        "flavour": foreign.flavour,
        "features": ", ".join(fitted.report.features),
        "fingerprint": fitted.fingerprint(),
        "owners": ", ".join(shop.spec.owners),
        PACKAGE_DIGEST: folder_digest(package),
    }
    return shop.registry.register(shop.model, decision, package, tags)


def _opened(shop: Workshop, act: Act, adopted: Adopted, key: str, until: datetime | None) -> tuple[Transition, ...]:
    """Put the adoption on record, and the version on its way; a killed attempt's line stands, and is gone on from."""
    entries, plan = shop.entries(), shop.spec.plan
    state, as_of, last = fold(entries), moved_at(shop.spec, entries, shop.now()), last_line(entries, act)
    first = state.champion is None
    by_itself = first or shop.spec.mode == "act"
    plan = plan.by_a_person if first else plan
    moves = open_release(state, adopted.version, key, as_of, plan, mode="act" if by_itself else "propose")
    if not moves:
        raise NotNow(f"{adopted.source} was adopted already, as version {adopted.version} of {shop.model}")
    body = adopted.model_dump(mode="json", exclude={"moves"})
    body |= {"decision_id": key, "seen_until": None if until is None else until.isoformat()}
    said: dict[str, Any] = {"actor": act.actor, "why": act.why}
    after = last if any(entry.key == key for entry in entries) else last + 1
    with must_follow(shop.model):
        shop.ledger.append(shop.model, ADOPTED, key, as_of, body=body, **said, expect=last)
        record(shop, moves, key=f"open:{key}", as_of=as_of, decision_id=key, **said, expect=after)
    project(shop, shop.state())
    return moves
