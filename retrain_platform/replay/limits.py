"""Policies that a replay makes by itself, to find which limits would have paid: what is told of them is `tried`.

Two families. Of a spec its present policy, one limit at a time (`varied`). Of any history a fixed period as a backstop
and one trigger beside it: a metric that falls or lies under a floor, and of a spec features that drift, by a few sizes
and dwells. Backstops and sizes come of the first half of the served periods alone, on which the family is tuned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from pydantic import TypeAdapter

from retrain_platform.dataset.duration import duration_text
from retrain_platform.policy.compose import Policy, leaves
from retrain_platform.policy.drift import FeatureDriftPolicy
from retrain_platform.policy.problems import problems
from retrain_platform.policy.wording import number
from retrain_platform.replay.parts import halves
from retrain_platform.replay.prefix import Setting
from retrain_platform.replay.road import Road
from retrain_platform.replay.varied import varied
from retrain_platform.replay.walked import Named, followable, schedule
from retrain_platform.replay.wording import every_text, many

PSI = (0.1, 0.2, 0.25)
"""Tried limits of drift: from where it is called moderate, from where it is often called large, and beyond."""
SHARES = (0.05, 0.1, 0.2)
"""Tried falls, as shares of what a model loses that is retrained after every period."""
DWELLS = (1, 2)
"""Tried dwells, in periods."""
_FAMILY: TypeAdapter[Any] = TypeAdapter(Policy)


class _Trigger(NamedTuple):
    """A trigger in words, and its lines of a spec."""

    said: str
    lines: dict[str, Any]


def family(setting: Setting, present: Policy | None, costs: Sequence[float], said: str) -> list[Named]:
    """The policies to be tried, each once, by names that say what they are; `said` calls a period.

    Those that contradict themselves by these periods and label delays are left out.
    """
    made = [] if present is None else list(_of_present(setting, present))
    made += list(_of_triggers(setting, present, costs, said))
    once = {each.policy.fingerprint(): each for each in reversed(made) if _meant(each.policy, setting)}
    return list(reversed(once.values()))


def _meant(policy: Policy, setting: Setting) -> bool:
    delay = setting.road.delay * setting.length
    return not problems(policy, period=setting.length, label_delay=delay)


def _of_present(setting: Setting, present: Policy) -> Iterator[Named]:
    for each in varied(present, setting.length):
        yield Named(f"present with {each.said}", each.policy)


def _of_triggers(setting: Setting, present: Policy | None, costs: Sequence[float], said: str) -> Iterator[Named]:
    """Every trigger by itself and beside every backstop; a backstop that comes more often once the metric fell."""
    triggers = list(_triggers(setting, present, said))
    for each in triggers:
        yield _named(each.said, each.lines)
    for count in _backstops(setting, costs):
        every = every_text(count, said)
        for each in triggers:
            lines = {"kind": "any_of", "policies": [dict(schedule(count, setting)), each.lines]}
            yield _named(f"{every} plus {each.said}", lines)
        yield from _adaptive(setting, count, said)


def _named(said: str, lines: dict[str, Any]) -> Named:
    return Named(said, _FAMILY.validate_python(lines))


def _adaptive(setting: Setting, count: int, said: str) -> Iterator[Named]:
    """A cadence that follows how the champion fares: the backstop, and half of it once it fell.

    Not as often as labels let it: a fall that lasts would retrain at every period, whatever that costs.
    """
    metric, sooner = setting.loss.metric, -(-count // 2)
    for usual, more in _levels(setting.road) if sooner < count and followable(sooner, setting) else ():
        value, fallen = setting.loss.value(usual), setting.loss.value(usual + more)
        share = _rounded(abs(fallen / value - 1)) if value else 0.0
        if not 0 < share < 1:  # the metric itself is 0, or what differs is lost beside it
            continue
        rows = [{"falls_by_share": share, "every": schedule(sooner, setting)["every"]}]
        rows += [{"every": schedule(count, setting)["every"]}]
        words = f"{every_text(count, said)}, {every_text(sooner, said)} once {metric} is {number(100 * share)}% worse"
        yield _named(words, {"kind": "adaptive", "metric": metric, "rows": rows})


def _backstops(setting: Setting, costs: Sequence[float]) -> list[int]:
    """The fixed periods that were cheapest on the first half at the lowest, the middle and the highest cost, of those
    that labels can follow.

    A trigger retrains too, so that the period beside it is better longer: those of higher costs are.
    """
    road, ordered = setting.road, sorted(costs)
    tuned, found = halves(road).tuned, set()
    counts = [0, *(count for count in range(1, len(road.decisions) + 1) if followable(count, setting))]
    for cost in (ordered[0], ordered[len(ordered) // 2], ordered[-1]):
        ways = {count: road.every(count, cost) for count in counts}
        found.add(min(counts, key=lambda count: tuned.total(ways[count])))
    return sorted(found - {0})


def _triggers(setting: Setting, present: Policy | None, said: str) -> Iterator[_Trigger]:
    """What this setting can read, of a bare table nothing but the metric; neighbours differ by one step of one limit.

    A dwell on labels is no shorter than these are late.
    """
    lines = [*(_drifts(present) if setting.watched is not None else ()), *_falls(setting), *_floors(setting)]
    late = {"feature_drift": 0}
    for each in lines:
        counts = dict.fromkeys(max(dwell, late.get(each.lines["kind"], setting.road.delay)) for dwell in DWELLS)
        for count in counts:
            held = {"dwell": duration_text(count * setting.length)}
            yield _Trigger(f"{each.said} for {many(count, said)}", each.lines | held)


def _drifts(present: Policy | None) -> Iterator[_Trigger]:
    """Drift of the features that the present policy watches, of all where it watches none."""
    watched = () if present is None else leaves(present)
    named = [name for each in watched if isinstance(each, FeatureDriftPolicy) for name in each.features]
    features = list(dict.fromkeys(named)) or ["*"]
    for over in PSI:
        lines = {"kind": "feature_drift", "features": features, "method": "psi", "over": over}
        yield _Trigger(f"drift at PSI {number(over)}", lines)


def _falls(setting: Setting) -> Iterator[_Trigger]:
    """The metric worse than the champion's own first periods, by shares of what fresh models lose."""
    loss = setting.loss
    for usual, more in _levels(setting.road):
        by = _rounded(abs(loss.value(usual + more) - loss.value(usual)))
        if by > 0:
            lines = {"kind": "performance", "metric": loss.metric, "falls_by": by}
            yield _Trigger(f"{loss.metric} worse by {number(by)}", lines)


def _floors(setting: Setting) -> Iterator[_Trigger]:
    """The metric beyond what fresh models show, by the same shares."""
    loss = setting.loss
    side, beyond = ("at_least", "under") if loss.greater_is_better else ("at_most", "over")
    for usual, more in _levels(setting.road):
        bound = _rounded(loss.value(usual + more), 3)
        if loss.of(bound) < usual + more / 2:  # rounded, it is no more than what fresh models show
            continue
        lines = {"kind": "floor", "metric": loss.metric, side: bound}
        # The readings of a bare table have no interval that could lie beyond a bound.
        sure = {"confirmed": False} if setting.watched is None else {}
        yield _Trigger(f"{loss.metric} {beyond} {number(bound)}", lines | sure)


def _levels(road: Road) -> list[tuple[float, float]]:
    """What a model loses in the mean period of the first half that is retrained after every one, and so much more."""
    fresh = road.every(1, 0.0).losses[road.scored.start : road.middle]
    usual = 0.0 if np.isnan(fresh).all() else float(np.nanmean(fresh))
    return [(usual, usual * share) for share in SHARES if usual > 0]


def _rounded(value: float, digits: int = 2) -> float:
    """As people write a limit: so many digits that matter."""
    return float(f"{value:.{digits}g}")
