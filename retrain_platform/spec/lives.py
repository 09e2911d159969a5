"""What a spec says of a live release, held against its labels and its gateway."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from retrain_platform.dataset.duration import span_of_clock_text
from retrain_platform.release.live.measures import EventRate, Labels, LiveMeasure
from retrain_platform.release.live.plan import ABTest, LivePlan, Rollout
from retrain_platform.release.live.triggers import AccuracyUnder, QualityFall
from retrain_platform.release.serving import OWN_NAMES
from retrain_platform.spec.fields import did_you_mean
from retrain_platform.spec.placed import Contradiction

if TYPE_CHECKING:
    from retrain_platform.release.base import ReleasePlan
    from retrain_platform.spec.model import ModelSpec

_LIVE = "release.live"
BY_PERIODS = {
    "shadow": "release.live.shadow.time",
    "canary": "release.live.rollout.steps",
    "bake": "release.live.bake",
    "patience": "release.live.inconclusive",
}
"""What a release by periods says, and what says the same of a live one, which is not asked the former."""


def live_contradictions(spec: ModelSpec, lost: Callable[[str], bool]) -> Iterator[Contradiction]:
    """A live release that could never be judged as it says; a model whose place in the gateway's folder is taken."""
    if spec.__dict__.get("gateway") is not None and (name := spec.__dict__.get("name")) in OWN_NAMES:
        yield "name", repr(name), f"must be none of {', '.join(OWN_NAMES)}: the gateway's folder keeps its own there"
    release = spec.__dict__.get("release")
    if release is None or release.live is None:
        return
    yield from _by_periods(release, lost)
    if lost(_LIVE):
        return
    live = release.live
    if spec.__dict__.get("gateway") is None and not lost("gateway"):
        yield _LIVE, "given", "must stand beside gateway: without one there is no live traffic to judge"
    yield from _events(spec, live, lost)
    if "label" in spec.__dict__ and not lost("label") and not lost("label.delay"):
        yield from _limits(live, spec.label.delay)
        yield from _labels(live, spec.label.delay)


def _by_periods(release: ReleasePlan, lost: Callable[[str], bool]) -> Iterator[Contradiction]:
    """What moves a release by its periods, which nobody asks where live traffic moves it."""
    for field, instead in BY_PERIODS.items():
        if field in release.model_fields_set and not lost(f"release.{field}"):
            value = release.model_dump(mode="json", include={field})[field]
            said = f"must not stand beside release.live, which moves by live traffic and not by periods; see {instead}"
            yield f"release.{field}", str(value), said


def _limits(live: LivePlan, delay: timedelta) -> Iterator[Contradiction]:
    """Labels that come later than a limit looks back say nothing of the minutes that it is about."""
    slow = f"must be at least label.delay, {span_of_clock_text(delay)}: labels are not that fast"
    for promoted, field in ((False, "rollout"), (True, "after")):
        given = getattr(live.triggers, field)
        for place, trigger in enumerate(live.limits(promoted=promoted)):
            if not isinstance(trigger, AccuracyUnder | QualityFall) or trigger.over >= delay:
                continue
            over = span_of_clock_text(trigger.over)
            if given is not None:
                yield f"{_LIVE}.triggers.{field}[{place}].over", over, slow
            elif field == "rollout" or live.triggers.rollout is not None:
                yield f"{_LIVE}.triggers.accuracy_over", over, f"{slow}; or null, to do without accuracy"


def _labels(live: LivePlan, delay: timedelta) -> Iterator[Contradiction]:
    """What labels must show must be able to come in time."""
    text = f"must be longer than label.delay, {span_of_clock_text(delay)}"
    for path, measure in _measures(live).items():
        if isinstance(measure, Labels) and live.bake <= delay and path.startswith(f"{_LIVE}.measures"):
            said = f"{text}: else no label of its own is held against the version before"
            yield f"{_LIVE}.bake", span_of_clock_text(live.bake), said
    for path, rollout in _rollouts(live).items():
        asked = [each for each in live.asked(rollout) if isinstance(each, Labels) and each.must != "guard"]
        longest = rollout.time if isinstance(rollout, ABTest) else rollout.longest
        if asked and longest <= delay:
            field = "time" if isinstance(rollout, ABTest) else "longest"
            yield f"{path}.{field}", span_of_clock_text(longest), f"{text}: labels must be {asked[0].must} by then"


def _events(spec: ModelSpec, live: LivePlan, lost: Callable[[str], bool]) -> Iterator[Contradiction]:
    """An event's rate is known of the kinds that the gateway is told of, once they are ripe."""
    gateway = spec.__dict__.get("gateway")
    if gateway is None or lost("gateway"):
        return
    for path, measure in _measures(live).items():
        if isinstance(measure, EventRate) and measure.of not in gateway.events:
            hint = did_you_mean(measure.of, gateway.events)
            yield f"{path}.of", repr(measure.of), f"must be one of gateway.events, {list(gateway.events)}{hint}"


def _rollouts(live: LivePlan) -> Mapping[str, Rollout]:
    found = {f"{_LIVE}.rollout": live.rollout}
    if live.expedited is not None:
        found[f"{_LIVE}.expedited.rollout"] = live.expedited.rollout
    return found


def _measures(live: LivePlan) -> Mapping[str, LiveMeasure]:
    found = {f"{_LIVE}.measures[{place}]": each for place, each in enumerate(live.measures)}
    for path, rollout in _rollouts(live).items():
        if isinstance(rollout, ABTest):
            found[f"{path}.primary"] = rollout.primary
            found |= {f"{path}.secondary[{place}]": each for place, each in enumerate(rollout.secondary)}
    return found
