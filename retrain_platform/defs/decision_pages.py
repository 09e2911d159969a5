"""What the decision shows of itself: every trigger's value against its limit, over the periods."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

import dagster as dg

from retrain_platform import drawing
from retrain_platform.defs.picture import picture
from retrain_platform.drawing import GREY, INK, LETTER, ORANGE, PURPLE, QUIET, RED, WIDTH, Sheet
from retrain_platform.policy.base import Finding, FindingVerdict, RetrainDecision
from retrain_platform.policy.wording import number

_MOST_PERIODS, _MOST_TRIGGERS = 60, 16
_TALL, _APART = 62, 26
_BEYOND = 3.0
"""Values over so many limits are drawn on the upper edge: how far over it they are says the number beside them."""
_VERDICTS: dict[FindingVerdict, str] = {
    "quiet": GREY,
    "holding": ORANGE,
    "held back": PURPLE,
    "fired": RED,
}
Place = tuple[int, ...]


def leaves(finding: Finding, place: Place = ()) -> Iterator[tuple[Place, Finding]]:
    """The triggers themselves, without the compositions around them, each with its place in the tree.

    The segments of a trigger are its own parts, and are not told one by one.
    """
    composed = [part for part in finding.parts if part.trigger.partition(" ")[0] != finding.trigger]
    if not composed:
        yield place, finding
    for position, part in enumerate(composed):
        yield from leaves(part, (*place, position))


def triggers(decisions: Sequence[RetrainDecision]) -> dg.MarkdownMetadataValue:
    """A row a trigger of the newest decision: its value in each period, its limit, its verdict.

    A trigger without a number has its verdicts alone; dotted lines are periods that decided to retrain.
    """
    shown = decisions[-_MOST_PERIODS:]
    found = [dict(leaves(decision.finding)) for decision in shown]
    rows = [(place, leaf) for place, leaf in found[-1].items() if _told(place, leaf.trigger, found)][:_MOST_TRIGGERS]
    left = 16 + LETTER * max((len(leaf.trigger) for _, leaf in rows), default=0)
    whole = Sheet(left, 34, WIDTH - left - 150, (_TALL + _APART) * len(rows) - _APART, len(shown), 0, 1)

    def drawn() -> Iterator[str]:
        for place, decision in enumerate(shown):
            if decision.action.retrains:
                yield drawing.upright(whole, place, INK)
        for row, (place, leaf) in enumerate(rows):
            course = [_same(each, place, leaf.trigger) for each in found]
            yield from _row(whole._replace(top=whole.top + row * (_TALL + _APART), height=_TALL), course, leaf)
        yield from drawing.places(whole, [decision.period for decision in shown])
        used = {verdict: colour for verdict, colour in _VERDICTS.items() if verdict in _verdicts(rows, found)}
        yield from drawing.key({**used, "limit": RED, "retrain": INK}, dashed=("limit", "retrain"))

    title = f"Each trigger's value against its limit, to {shown[-1].period}"
    return picture(drawn(), height=whole.top + whole.height + 30, title=title)


def _same(each: Mapping[Place, Finding], place: Place, trigger: str) -> Finding | None:
    """The trigger's finding in another period; a changed policy may have had another one in its place."""
    found = each.get(place)
    return found if found is not None and found.trigger == trigger else None


def _told(place: Place, trigger: str, found: Sequence[Mapping[Place, Finding]]) -> bool:
    """Whether the trigger ever had a value other than 0, or ever asked for anything."""
    course = [known for each in found if (known := _same(each, place, trigger)) is not None]
    return any(known.value or known.verdict in ("holding", "held back", "fired") for known in course)


def _verdicts(rows: Iterable[tuple[Place, Finding]], found: Sequence[Mapping[Place, Finding]]) -> set[str]:
    course = [_same(each, place, leaf.trigger) for place, leaf in rows for each in found]
    return {known.verdict for known in course if known is not None}


def _row(sheet: Sheet, course: Sequence[Finding | None], newest: Finding) -> Iterator[str]:
    """One trigger over the periods."""
    limits = [math.nan if each is None or each.limit is None else each.limit for each in course]
    values = [math.nan if each is None or each.value is None else each.value for each in course]
    sheet = sheet._replace(low=_low(values, limits), high=_high(values, limits))
    yield drawing.text(sheet.left - 8, sheet.top + _TALL / 2 + 4, newest.trigger, anchor="end", colour=INK)
    yield drawing.line([(sheet.left, sheet.y(sheet.low)), (sheet.left + sheet.width, sheet.y(sheet.low))], drawing.GRID)
    ends = zip(range(len(course)), limits, strict=True)
    yield drawing.line(
        [(sheet.x(at + half), sheet.y(limit)) for at, limit in ends for half in (-0.5, 0.5)], RED, dash="6 4"
    )
    yield drawing.line([(sheet.x(at), sheet.y(value)) for at, value in enumerate(values)], GREY, width=1.4)
    for at, each in enumerate(course):
        if each is not None and each.verdict in _VERDICTS:
            value = values[at] if math.isfinite(values[at]) else sheet.low
            yield drawing.dot(sheet.x(at), sheet.y(value), _VERDICTS[each.verdict])
    yield from _newest(sheet, newest)


def _newest(sheet: Sheet, newest: Finding) -> Iterator[str]:
    """The newest numbers, beside the row."""
    x, colour = sheet.left + sheet.width + 12, _VERDICTS.get(newest.verdict, QUIET)
    value = "no value" if newest.value is None else number(newest.value)
    limit = "" if newest.limit is None else f"limit {number(newest.limit)}"
    yield drawing.text(x, sheet.top + 14, value, colour=INK, weight="bold")
    yield drawing.text(x, sheet.top + 31, limit)
    yield drawing.text(x, sheet.top + 48, newest.verdict, colour=QUIET if newest.verdict == "quiet" else colour)


def _low(values: Sequence[float], limits: Sequence[float]) -> float:
    known = [number for number in (*values, *limits) if math.isfinite(number)]
    low, high = min(known, default=0.0), max(known, default=1.0)
    return 0.0 if 0 <= low < high / 2 else low - 0.1 * (high - low)


def _high(values: Sequence[float], limits: Sequence[float]) -> float:
    """The top of a row: what fits the largest value, unless it is many times the limit."""
    most = max((limit for limit in limits if math.isfinite(limit)), default=math.nan)
    high = max((value for value in values if math.isfinite(value)), default=0.0)
    if math.isfinite(most):
        high = max(most, min(high, _BEYOND * most) if most > 0 else high)
    return high * 1.08 if high > 0 else 1.0
