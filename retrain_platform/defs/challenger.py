"""The asset of the gap to a fresh challenger, in the room `monitoring`."""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from retrain_platform.defs.names import Named
from retrain_platform.defs.plots import picture
from retrain_platform.defs.resource import Platform
from retrain_platform.monitoring.gap import GapReading


def challenger_gap(of: Named) -> dg.AssetsDefinition:
    """What a retrain would gain now, in the periods in which it is measured."""

    @of.asset(
        "challenger_gap",
        room="monitoring",
        kinds={"python"},
        deps=of.keys("performance_report", "release"),
        description="Two models of one cheap recipe, one as old as the champion, one fresh, on the newest ripe rows: "
        "what a retrain would gain. Neither is registered or released.",
    )
    def _gap(context: dg.AssetExecutionContext, retrain: Platform) -> dg.MaterializeResult:
        from retrain_platform.steps.challenger import challenge, decided_to_retrain, readings

        shop, period = retrain.workshop(of.spec), of.period(context)
        reading = challenge(shop, period)
        if reading is None:
            return dg.MaterializeResult(metadata={"reading": "none is due, or nobody answers yet"})
        told = [each for each in readings(shop, period.end) if each.value is not None]
        shown = {"gap": gaps(told, decided_to_retrain(shop, period.end))} if told else {}
        return dg.MaterializeResult(metadata={**_numbers(reading), **shown})

    return _gap


def _numbers(reading: GapReading) -> dict[str, Any]:
    sides = {"fresh": reading.fresh, "stale": reading.stale}
    levels = {name: side.value for name, side in sides.items() if side is not None and side.value is not None}
    numbers = {"value": reading.value, "low": reading.low, "high": reading.high, "champion": reading.champion, **levels}
    return {
        **{name: number for name, number in numbers.items() if number is not None},
        "metric": reading.metric,
        "version": reading.version,
        "judged": ", ".join(reading.judged),
        **({"why": reading.why} if reading.why else {}),
    }


def gaps(readings: Sequence[GapReading], decided: Sequence[str]) -> dg.MarkdownMetadataValue:
    """The gap over time with its interval; a dotted line is a retrain that was decided, a break another champion."""
    keys = sorted({*(reading.period for reading in readings), *decided})
    places = {key: number for number, key in enumerate(keys)}

    def draw(axes: Any) -> None:
        axes.axhline(0, color="#888888", lw=0.8)
        for version in dict.fromkeys(reading.version for reading in readings):
            mine = [reading for reading in readings if reading.version == version]
            xs, ys = [places[reading.period] for reading in mine], [reading.value for reading in mine]
            axes.plot(xs, ys, marker=".", lw=1.2, color="#4c78a8")
            bounded = [reading for reading in mine if reading.low is not None]
            at = [places[reading.period] for reading in bounded]
            axes.vlines(at, [r.low for r in bounded], [r.high for r in bounded], color="#4c78a8", lw=3, alpha=0.3)
        for key in decided:
            axes.axvline(places[key], color="#e45756", lw=0.8, ls=":")
        step = max(1, -(-len(places) // 7))
        axes.set_xticks(list(places.values())[::step], keys[::step])

    return picture(draw, title=f"{readings[0].metric} that a retrain would have gained; dotted: retrain decided")
