"""Histories drawn at random: anything that can have happened."""

from typing import Any

from hypothesis import strategies as st

from retrain_platform.dataset.versions import World
from retrain_platform.monitoring.error_reports import PeriodConcept
from retrain_platform.monitoring.reports import DriftReport
from retrain_platform.policy.gain import CostSpec
from retrain_platform.policy.history import History, Incident
from retrain_platform_tests.policy.histories import (
    CALENDAR,
    PRICES,
    champion,
    concept,
    detected,
    end_of,
    estimate,
    feature,
    gap,
    history,
    measured,
    readings,
    released,
    report,
    requested,
    retrained,
    ripe,
    shifted,
)

_SCORES = st.one_of(st.none(), st.floats(0, 2))


@st.composite
def histories(draw: st.DrawFn, week: int = 14) -> History:
    """Anything that can have happened until the end of `week`."""
    drift = draw(_drift(week))
    within = tuple(
        each.model_copy(update={"segments": {"origin": {"EWR": each.features, "JFK": each.features[:1]}}})
        for each in drift[-2:]
    )
    champions = [champion(3, versions={"encoder": "1"}, code="a"), champion(week - 1), champion(week), None]
    return history(
        week,
        champion=draw(st.sampled_from(champions)),
        drift=drift,
        segment_drift=within,
        concept=draw(_concepts(week)),
        **draw(_quality(week)),
        **draw(_record(week)),
        **draw(_world(week)),
    )


@st.composite
def _drift(draw: st.DrawFn, week: int) -> tuple[DriftReport, ...]:
    """A report for each of the newest weeks, some with the shift of scores and of the origins."""
    shift = shifted(week, draw(_SCORES))
    found = []
    for number in range(draw(st.integers(0, week + 1)), week + 1):
        features = [
            feature(
                name,
                {
                    "psi": draw(_SCORES),
                    "kl": draw(_SCORES),
                    "new_category_share": draw(st.one_of(st.none(), st.floats(0, 1))),
                },
                {"psi": draw(_SCORES)},
                correlation=draw(_SCORES),
                correlated="temp",
                noise_periods=draw(st.sampled_from([0, 8])),
            )
            for name in ("carrier", "dest")
        ]
        told = {"mix": shift.mix, "predictions": draw(st.sampled_from([None, shift.predictions]))}
        found.append(report(number, *features).model_copy(update=told))
    return tuple(found)


@st.composite
def _concepts(draw: st.DrawFn, week: int) -> tuple[PeriodConcept, ...]:
    moved = st.tuples(st.floats(-0.2, 0.2), st.floats(0, 1))
    days = st.lists(st.floats(0, 2), min_size=7, max_size=7)
    return tuple(
        concept(4 + place, draw(moved), {"carrier": draw(moved), "(score)": draw(moved)}, losses)
        for place, losses in enumerate(draw(st.lists(days, max_size=week - 4)))
    )


@st.composite
def _quality(draw: st.DrawFn, week: int) -> dict[str, Any]:
    """What was measured of the models, estimated of them, and read of a challenger's gap."""
    aucs = st.one_of(st.floats(0.5, 1), st.none())
    values = draw(st.lists(aucs, min_size=draw(st.sampled_from([0, 5])), max_size=week - 4))
    half = draw(st.one_of(st.none(), st.floats(0.001, 0.2)))
    gaps = st.one_of(st.none(), st.floats(-0.1, 0.1))
    return {
        "performance": readings(*values, half=half),
        "estimated": tuple(
            estimate(number, draw(aucs), why="too few ripe periods")
            for number in draw(st.lists(st.integers(0, week), max_size=2))
        ),
        "detected": draw(st.sampled_from([(), (detected(week),)])),
        "gaps": tuple(gap(number, draw(gaps), half, draw(st.sampled_from("123"))) for number in range(8, week, 2)),
        "measures": tuple(
            measured(number, latency=draw(st.floats(0, 600)), sales=draw(st.floats(0, 9)))
            for number in range(draw(st.integers(0, week + 1)), week + 1)
        ),
    }


@st.composite
def _record(draw: st.DrawFn, week: int) -> dict[str, Any]:
    """What was done and asked for."""
    weeks = st.integers(0, week)
    kinds = st.sampled_from(["manual", "manual", "competitor", "new_format", "filed before kinds were known"])
    asked = st.builds(requested, weeks, urgent=st.booleans(), kind=kinds)
    broken = st.builds(Incident, kind=st.just("data"), as_of=weeks.map(end_of), why=st.just("a column vanished"))
    return {
        "retrained": tuple(draw(st.lists(st.builds(retrained, weeks), max_size=2))),
        "released": tuple(draw(st.lists(st.builds(released, weeks, by_hand=st.booleans()), max_size=3))),
        "requested": tuple(draw(st.lists(asked, max_size=1))),
        "incidents": tuple(draw(st.lists(broken, max_size=1))),
        "release_open": draw(st.sampled_from([None, None, "7"])),
    }


@st.composite
def _world(draw: st.DrawFn, week: int) -> dict[str, Any]:
    """The rows there are, the versions that made them, and what a retrain costs."""
    changed = World(since=CALENDAR.at(9).start, changed=("encoder from 1 to 2",))
    return {
        "ripe": ripe(draw(st.integers(0, week))),
        "new_ripe_rows": draw(st.integers(0, 2000)),
        "versions": draw(st.sampled_from([{}, {"encoder": "2", "features": "1"}])),
        "code": draw(st.sampled_from(["", "a", "b"])),
        "world": draw(st.sampled_from([None, None, changed])),
        "problem": draw(st.sampled_from(["", "", "", "column tailnum vanished"])),
        "cost": draw(st.sampled_from([None, PRICES, CostSpec(currency="USD", retrain=0, error=0.5)])),
    }
