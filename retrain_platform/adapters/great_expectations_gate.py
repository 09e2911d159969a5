"""The training gate, run by Great Expectations: one batch, one suite, one answer a check."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from retrain_platform.adapters import gate_parts, gate_suite
from retrain_platform.adapters.gate_suite import Asked, Result, built, share_of
from retrain_platform.adapters.known_expectations import surely_suits
from retrain_platform.dataset.checks import CHECK_NAMES, CheckName, CheckResult, ChecksSpec, GateReport

if TYPE_CHECKING:
    import pandas as pd

_EVENT_TIME, _ENTITY = "_event_time", "_entity"
_FRESH = timedelta(weeks=4)
_EXAMPLES = 5
_SAID = 5


class _Answer(NamedTuple):
    """What became of an expectation: `error` is not empty when it broke."""

    asked: Asked
    success: bool
    result: Result
    error: str


def run_gate(
    frame: pd.DataFrame,
    spec: ChecksSpec,
    *,
    snapshot_id: str,
    features: Mapping[str, str],
    label: str,
    task: str,
    as_of: datetime,
    newest: datetime,
    total_rows: int,
    bounds: Mapping[str, tuple[float, float]] | None = None,
) -> GateReport:
    """Judge the labelled rows of `frame` by every check; bad data is an answer, never an exception.

    `features` are kinds by column: numeric, integer, bool, category, or others, whose type is not
    checked. `newest` is the event time of the newest labelled row; it stands in for a missing column
    '_event_time'. '_entity' need be there only where the spec asks for so many entities. `total_rows` counts
    the unlabelled too. `bounds` are closed ranges by column; without them a number must be finite. A user's
    expectation may name any column of `frame`.
    """
    gxe = _expectations()
    rows = _prepared(frame, label, task, newest)
    present = {name: kind for name, kind in features.items() if name in rows.columns}
    asked = [
        *gate_suite.schema(gxe, [*features, label], rows),
        *gate_suite.types(gxe, rows, present),
        *gate_suite.missing(gxe, present, spec.max_missing),
        *gate_suite.ranges(gxe, rows, present, bounds or {}),
        gate_suite.freshness(gxe, _EVENT_TIME, spec.fresh_within or _FRESH, as_of, newest),
        *gate_suite.sizes(gxe, spec, len(rows), total_rows),
        *gate_suite.extents(gxe, spec, rows, _ENTITY, _EVENT_TIME, newest),
        *gate_suite.classes(gxe, rows, label, task, spec.min_class_share),
    ]
    own = gate_suite.own(gxe, spec.expectations)
    answers = _answers(rows, [*asked, *(one for one, problem in own if not problem)])
    answers += [_Answer(one, False, {}, problem) for one, problem in own if problem]
    results = tuple(_check(name, [answer for answer in answers if answer.asked.check == name]) for name in CHECK_NAMES)
    passed = all(result.verdict == "passed" for result in results)
    return GateReport(snapshot_id=snapshot_id, passed=passed, results=results)


def unknown_expectations(spec: ChecksSpec) -> list[str]:
    """What is wrong with the spec's own expectations, one line each: an unknown name, or wrong arguments.

    Great Expectations itself is asked, and imported, only of those that are not known to suit it.
    """
    asked = {at: given for at, given in enumerate(spec.expectations) if not surely_suits(given)}
    if not asked:
        return []
    gxe = _expectations()
    problems = {at: built(gxe, given)[1] for at, given in asked.items()}
    return [f"expectations[{position}].{problem}" for position, problem in problems.items() if problem]


def _expectations() -> Any:
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations.expectations as gxe

    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    return gxe


def _prepared(frame: pd.DataFrame, label: str, task: str, newest: datetime) -> pd.DataFrame:
    """The labelled rows, in plain types; the label of a binary task as 0 and 1. What needs no change is not copied."""
    import pandas as pd

    labelled = frame[label].notna() if label in frame.columns else None
    rows = frame if labelled is None or labelled.all() else frame[labelled]
    columns = {name: _plain(rows[name]) for name in rows.columns}
    if task == "binary" and label in columns:
        columns[label] = pd.to_numeric(columns[label], errors="coerce").astype(float)
    if task == "multiclass" and label in columns:
        names = columns[label].value_counts()  # of equally rare ones the first by name: the same each time
        rarest = min(names.index, key=lambda name: (names[name], name), default=None)
        columns[gate_suite.RAREST] = (columns[label] == rarest).astype(float)
    if _EVENT_TIME not in columns:
        columns[_EVENT_TIME] = pd.Series([newest] * len(rows), index=rows.index, dtype="datetime64[ns, UTC]")
    return pd.DataFrame(columns, index=rows.index, copy=False)


def _plain(column: pd.Series[Any]) -> pd.Series[Any]:
    """Great Expectations knows numpy's types and times with a zone."""
    import pandas as pd

    extension = isinstance(column.dtype, pd.api.extensions.ExtensionDtype)
    return column.astype(object) if extension and not _is_time(column) else column


def _is_time(column: pd.Series[Any]) -> bool:
    import pandas as pd

    return isinstance(column.dtype, pd.DatetimeTZDtype)


def _answers(rows: pd.DataFrame, asked: Sequence[Asked]) -> list[_Answer]:
    """Run all; then once more, with the details, only what failed: details of what holds cost twice the time.

    Each runs in a batch of little more than it looks at: Great Expectations hashes and copies whole batches.
    """
    batches, everything = _batches(), dict(enumerate(asked))
    answers: dict[int, _Answer] = {}
    for part, items in gate_parts.parts(rows, everything):
        answers |= _validated(batches.get_batch({"dataframe": part}), items, "BOOLEAN_ONLY")
    failed = {at: asked[at] for at, answer in answers.items() if not answer.success and not answer.error}
    for part, items in gate_parts.parts(rows, failed, whole_columns=True):
        answers |= _validated(batches.get_batch({"dataframe": part}), items, "SUMMARY")
    return [answer for _, answer in sorted(answers.items())]


def _batches() -> Any:
    """What makes batches of frames, in a context that lives in memory only."""
    from great_expectations import get_context
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("gate").add_dataframe_asset("rows")
    return asset.add_batch_definition_whole_dataframe("whole")


def _validated(batch: Any, asked: Mapping[int, Asked], result_format: str) -> dict[int, _Answer]:
    """Each answer by its place in `asked`: Great Expectations returns them in an order of its own."""
    from great_expectations import ExpectationSuite

    marked = [item.expectation.copy(update={"meta": {"at": at}}) for at, item in asked.items()]
    report = batch.validate(
        ExpectationSuite(name=f"gate {result_format}", expectations=marked), result_format=result_format
    )
    places = [found.expectation_config.meta["at"] for found in report.results]
    return {
        at: _Answer(asked[at], bool(found.success), found.result, _error(found.exception_info))
        for at, found in zip(places, report.results, strict=True)
    }


def _error(info: Mapping[str, Any]) -> str:
    """Why an expectation broke, its first line; empty when it did not. One broken metric each, or one for all."""
    each = [info, *(part for part in info.values() if isinstance(part, Mapping))]
    raised = [part.get("exception_message") or "no message" for part in each if part.get("raised_exception")]
    return str(raised[0]).splitlines()[0] if raised else ""


def _check(name: CheckName, answers: Sequence[_Answer]) -> CheckResult:
    """One check's answer: failed if anything failed, else could not run if anything broke."""
    failed = [answer for answer in answers if not answer.success and not answer.error]
    broken = [answer for answer in answers if answer.error]
    if failed:
        worst = max(failed, key=lambda answer: share_of(answer.result))
        said = [answer.asked.fails(answer.result) for answer in failed]
        examples = [str(value) for value in worst.result.get("partial_unexpected_list") or ()]
        value = worst.asked.value if worst.asked.value is not None else _value(worst)
        return CheckResult(
            name=name,
            verdict="failed",
            value=value,
            limit=worst.asked.limit,
            sentence=_listed(said),
            examples=tuple(dict.fromkeys(examples))[:_EXAMPLES],
        )
    if broken:
        return CheckResult(name=name, verdict="could not run", sentence=_listed([_broke(answer) for answer in broken]))
    if not answers:
        return CheckResult(name=name, verdict="passed", sentence="nothing to check")
    first = answers[0].asked
    said = "; ".join(dict.fromkeys(answer.asked.holds for answer in answers))
    return CheckResult(name=name, verdict="passed", value=first.value, limit=first.limit, sentence=said)


def _value(answer: _Answer) -> float | None:
    return None if answer.result.get("unexpected_percent") is None else share_of(answer.result)


def _broke(answer: _Answer) -> str:
    expectation = answer.asked.expectation
    if expectation is None:  # it could not even be built
        return answer.error
    column = getattr(expectation, "column", None)
    where = "" if column is None else f" of column {column!r}"
    return f"{type(expectation).__name__}{where} could not run: {answer.error}"


def _listed(said: Sequence[str]) -> str:
    more = len(said) - _SAID
    return "; ".join(said[:_SAID]) + (f"; and {more} more" if more > 0 else "")
