"""The user's own functions in a spec, and what each of them does not keep of its family's promises."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from retrain_platform.spec import ModelSpec
from retrain_platform.spec.placed import Contradiction, placed

if TYPE_CHECKING:
    import pandas as pd

_ROWS, _PERIODS = 300, 8
"""The source is read until there are so many labelled rows, or so many periods were read."""


_NO_WEIGHTS = "must have a parameter weights: half_life and balance: weights hand them to it"


def plugins(spec: ModelSpec) -> Iterator[tuple[str, Any]]:
    """Every member of `kind: python` with its place in the spec."""
    members = [("source", spec.source), ("training", spec.training)]
    members += [(f"source.joins[{place}]", join) for place, join in enumerate(spec.source.joins)]
    members += [("predictions", spec.predictions)] if spec.predictions is not None else []
    members += [(f"monitoring.measures[{place}]", table) for place, table in enumerate(spec.monitoring.measures)]
    members += [(f"checks.own[{place}]", check) for place, check in enumerate(spec.checks.own)]
    members += [(f"validation.gates[{place}]", gate) for place, gate in enumerate(spec.validation.gates)]
    yield from ((at, member) for at, member in [*members, *placed(spec.policy)] if member.kind == "python")


def absent(spec: ModelSpec) -> list[Contradiction]:
    """The functions that cannot be imported; the source's own is looked at with its columns."""
    from retrain_platform.dataset.calling import CannotCall, function_named, takes

    recipe, found = spec.training, []
    weighed = recipe.half_life is not None or recipe.balance == "weights"
    for at, member in plugins(spec):
        try:
            if not at.startswith("source"):
                function_named(member.call)
            if at == "training" and weighed and not takes(member.call, "weights"):
                found.append(("training.call", repr(member.call), _NO_WEIGHTS))
        except CannotCall as error:
            found.append((f"{at}.call", repr(member.call), str(error).partition(", ")[2]))
    return found


def unmet(spec: ModelSpec) -> list[Contradiction]:
    """What the functions do not keep, as the suites of their families say it; none where there is no function."""
    members = list(plugins(spec))
    if not members:
        return []
    rows = _rows(spec)
    return [(f"{at}.call", repr(member.call), said) for at, member in members for said in _of(spec, at, member, rows)]


def _of(spec: ModelSpec, at: str, member: Any, rows: pd.DataFrame | None) -> list[str]:
    """By the room that the member stands in."""
    room = at.partition(".")[0].partition("[")[0]
    if room in ("source", "monitoring", "predictions"):
        return _of_a_table(spec, at, member)
    if room == "training":
        return _of_a_learner(spec, rows)
    if room == "policy":
        from retrain_platform.policy import conformance

        return conformance.unmet(member)
    if room == "validation":
        from retrain_platform.validation import conformance as gates

        return gates.unmet(member, gates.made_up(spec.task))
    from retrain_platform.dataset.conformance import unmet_by_check

    return unmet_by_check(member, rows)


def _of_a_table(spec: ModelSpec, at: str, member: Any) -> list[str]:
    from retrain_platform.dataset.conformance import unmet_by_source

    if "joins" in at:
        columns = (*member.on.values(), member.available_at, *member.columns)
    elif at == "predictions":
        columns = (*member.on.values(), member.time, member.score)
    elif at == "source":
        columns = (member.event_time, member.entity)
    else:
        columns = (member.time, member.measure, member.value)
    first = spec.period.at(0)
    return unmet_by_source(member.call, columns, (first.start, first.end))


def _of_a_learner(spec: ModelSpec, rows: pd.DataFrame | None) -> list[str]:
    """On the source's own first rows, where it has enough of them; else on made-up ones."""
    from retrain_platform.adapters.learners import learner
    from retrain_platform.steps.answers import labels_of, queries_of
    from retrain_platform.training.base import Rows
    from retrain_platform.training.conformance import Seen, unmet

    own = learner(spec.training, spec.task)
    if rows is None:
        return unmet(own, spec.task)
    cut = len(rows) * 2 // 3
    features = rows[[name for name in rows if name not in ("_label", "_event_time", spec.label.query)]]
    known = Rows(features, labels_of(rows), queries=queries_of(spec, rows))
    return unmet(own, spec.task, Seen(known.of(slice(cut)), known.frame[cut:], known.labels[cut:]))


def _rows(spec: ModelSpec) -> pd.DataFrame | None:
    """The first labelled rows of the source: features, `_label`, `_event_time`; None where there are too few."""
    from retrain_platform.dataset.histories import Asked, rolled
    from retrain_platform.steps.dataset.schema import feature_columns

    rows = _labelled(spec)
    if len(rows) < _ROWS or (spec.task != "regression" and rows["_label"][: _ROWS * 2 // 3].nunique() < 2):
        return None
    if spec.features.rolling:
        rows = rows.join(rolled(rows, [rows], spec.features.rolling, Asked(spec.source.entity, spec.label)))
    query = [] if spec.label.query is None else [spec.label.query]
    return rows[[*feature_columns(spec, list(rows.columns)), "_label", "_event_time", *query]]


def _labelled(spec: ModelSpec) -> pd.DataFrame:
    """The labelled rows of the source's first periods, until they are enough or a period cannot be read."""
    import pandas as pd

    from retrain_platform.adapters.sources import SourceUnreadable
    from retrain_platform.dataset.events import BadEvents, arrange
    from retrain_platform.dataset.times import BadTimes
    from retrain_platform.resources import reader_of

    reader, found = reader_of(spec), []
    arranged = partial(arrange, source=spec.source, label=spec.label, calendar=spec.period, task=spec.task)
    for period in map(spec.period.at, range(_PERIODS)):
        try:
            frame = arranged(reader.read(period), period=period).frame
        except (SourceUnreadable, BadTimes, BadEvents):
            break  # told by the source's own checks
        found.append(frame[frame["_label"].notna()])
        if sum(map(len, found)) >= _ROWS:
            break
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()
