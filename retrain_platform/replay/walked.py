"""Every baseline's and policy's way, each walked once for all costs unless it reads the cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from retrain_platform.dataset.duration import duration_text
from retrain_platform.policy.compose import Policy
from retrain_platform.policy.reads import chooses_window, reads_cost
from retrain_platform.policy.schedule import SchedulePolicy
from retrain_platform.policy.waiting import shortest_cadence
from retrain_platform.replay.alarms import TUNED, alarmed, tuned
from retrain_platform.replay.prefix import Followed, Setting, follow
from retrain_platform.replay.results import Sort
from retrain_platform.replay.road import Retrain, Road, Way
from retrain_platform.replay.wording import every_text


class Named(NamedTuple):
    """A policy of the user's, or of ours, by its name."""

    name: str
    policy: Policy


class Walked(NamedTuple):
    """A way by its name, why each of its retrains was asked for, and the policy's lines of a spec.

    None of never, of a detector, which no spec names, and of a fixed period that labels cannot follow, which no spec
    may hold. `window` is that of its trainings, as a spec writes it; None
    where one alone is replayed, or where the policy chooses it.
    """

    name: str
    kind: Sort
    way: Way
    reasons: Mapping[Retrain, str]
    spec: Mapping[str, Any] | None
    window: str | None = None

    def at(self, cost: float) -> Walked:
        """The same way where a retrain costs so much."""
        return self._replace(way=self.way._replace(cost=cost))


def walked(
    setting: Setting, policies: Sequence[Named], costs: Sequence[float], said: str, told: Callable[[str], None]
) -> list[list[Walked]]:
    """For each cost every baseline and every policy, by each strategy; `said` calls a period in words."""
    baselines = _baselines(setting, said)
    ways = followed(setting, policies, costs, told)
    return [
        [*(each.at(cost) for each in baselines), *(each[place] for each in ways)] for place, cost in enumerate(costs)
    ]


def by_strategy(setting: Setting) -> Iterator[Setting]:
    """The setting by each strategy that a first model comes of."""
    for place in range(len(setting.road.matrix.strategies)):
        road = setting.road._replace(strategy=place)
        if road.trained(Retrain(road.first, place)):
            yield setting._replace(road=road)


def _baselines(setting: Setting, said: str) -> list[Walked]:
    """Never, and every k periods for every k of which at least one retrain comes; at no cost."""
    found = []
    for own in by_strategy(setting):
        for count in range(len(own.road.decisions) + 1):
            kind: Sort = "fixed" if count else "never"
            spec = schedule(count, setting) if count and followable(count, setting) else None
            name, way = _suffixed(every_text(count, said), own.road), own.road.every(count, 0.0)
            found.append(Walked(name, kind, way, {}, spec, _window(own)))
    return found


def detected(setting: Setting, costs: Sequence[float], told: Callable[[str], None]) -> list[list[Walked]]:
    """For each cost the tuned sum and every detector of the setting, by each strategy."""
    found: list[list[Walked]] = [[] for _ in costs]
    for own in by_strategy(setting):
        told(TUNED)
        ways = [[_as_walked(own, TUNED, each) for each in tuned(own, costs)]]
        for detector in (each for each in setting.detectors if each.fits(setting.loss.metric)):
            told(detector.name)
            ways.append([_as_walked(own, detector.name, alarmed(detector, own))] * len(costs))
        for place, cost in enumerate(costs):
            found[place] += [each[place].at(cost) for each in ways]
    return found


def _as_walked(own: Setting, name: str, followed: Followed) -> Walked:
    return Walked(_suffixed(name, own.road), "detector", followed.way, _reasons(own, followed), None)


def _reasons(own: Setting, followed: Followed) -> dict[Retrain, str]:
    said = dict(zip(own.road.decisions, followed.said, strict=True))
    return {each: said[each.at].reason for each in followed.way.retrains}


def _suffixed(name: str, road: Road) -> str:
    strategies = road.matrix.strategies
    return name if len(strategies) == 1 else f"{name} ({strategies[road.strategy].name})"


def followable(count: int, setting: Setting) -> bool:
    """Whether a new period can close and ripen in so many periods, as a spec asks of a cadence."""
    return _lasting(count, setting) >= shortest_cadence(setting.length, setting.road.delay * setting.length)


def schedule(count: int, setting: Setting) -> Mapping[str, Any]:
    """A retrain every so many periods, as a spec writes it."""
    every = _lasting(count, setting)
    return {"kind": SchedulePolicy(every=every).kind, "every": duration_text(every)}


def _lasting(count: int, setting: Setting) -> timedelta:
    """The time after which a schedule is due once so many periods have passed, and not a period earlier.

    Thirteen months of 28 days each would be over after twelve: the shortest that there were in a row are taken, in
    whole days. The hour of a clock change is not missed.
    """
    ends = [each.period.end for each in setting.road.matrix.periods]
    spans = (last - first for first, last in zip(ends, ends[count:], strict=False))
    shortest = min(spans, default=timedelta(0)) + timedelta(hours=1)
    return max(count * setting.length, timedelta(days=shortest.days))


def followed(
    setting: Setting, policies: Sequence[Named], costs: Sequence[float], told: Callable[[str], None]
) -> list[list[Walked]]:
    """Of each policy and strategy its walk at every cost; of one that chooses its window a walk by all of them."""
    return [
        _at_costs(own, each, costs, told)
        for own in by_strategy(setting)
        for each in policies
        if not chooses_window(each.policy) or own.road.strategy == setting.road.strategy
    ]


def _at_costs(own: Setting, named: Named, costs: Sequence[float], told: Callable[[str], None]) -> list[Walked]:
    """The policy's walk at each cost: the same walk, where it decides without a look at the cost."""
    if not reads_cost(named.policy):
        told(named.name)
        once = _walk(own, named, follow(named.policy, own, 0.0))
        return [once.at(cost) for cost in costs]
    found = []
    for cost in costs:
        told(f"{named.name} at a cost of {cost:g}")
        found.append(_walk(own, named, follow(named.policy, own, cost)))
    return found


def _walk(own: Setting, named: Named, followed: Followed) -> Walked:
    spec = named.policy.model_dump(mode="json", exclude_unset=True) | {"kind": named.policy.kind}
    if chooses_window(named.policy):
        return Walked(named.name, "policy", followed.way, _reasons(own, followed), spec)
    name = _suffixed(named.name, own.road)
    return Walked(name, "policy", followed.way, _reasons(own, followed), spec, _window(own))


def _window(own: Setting) -> str | None:
    """The window of the strategy as a spec writes it: it reaches back from the decision, when the newest periods have
    no labels yet. None where there is no other.
    """
    road = own.road
    if len(road.matrix.strategies) == 1:
        return None
    count = road.matrix.strategies[road.strategy].window
    return "all" if count is None else duration_text((count + road.delay) * own.length)
