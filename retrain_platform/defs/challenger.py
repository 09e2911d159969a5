"""The asset of the gap to a fresh challenger, in the room `monitoring`."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from retrain_platform import drawing
from retrain_platform.defs.names import Named
from retrain_platform.defs.picture import picture
from retrain_platform.defs.resource import Platform
from retrain_platform.drawing import WIDTH, Sheet
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
        from retrain_platform.steps.policy.history import known_gaps
        from retrain_platform.steps.training.challenger import challenge, decided_to_retrain

        shop, period = retrain.workshop(of.spec), of.period(context)
        reading = challenge(shop, period)
        if reading is None:
            return dg.MaterializeResult(metadata={"reading": "none is due, or nobody answers yet"})
        told = [each for each in known_gaps(shop, period.end) if each.value is not None]
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
    at = {key: place for place, key in enumerate(keys)}
    told = [value for each in readings for value in (each.low, each.value, each.high) if value is not None]
    sheet = Sheet(60, 34, WIDTH - 70, 230, len(keys), *drawing.around([0.0, *told]))

    def drawn() -> Iterator[str]:
        yield from (*drawing.heights(sheet), *drawing.places(sheet, keys), drawing.rule(sheet, 0, drawing.INK, dash=""))
        yield from (drawing.upright(sheet, at[key], drawing.RED) for key in decided)
        for each in readings:
            if each.low is not None and each.high is not None:
                ends = [(sheet.x(at[each.period]), sheet.y(end)) for end in (each.low, each.high)]
                yield drawing.line(ends, drawing.GREY, width=1.4)
        for version in dict.fromkeys(reading.version for reading in readings):
            mine = [each for each in readings if each.version == version and each.value is not None]
            points = [(sheet.x(at[each.period]), sheet.y(each.value)) for each in mine if each.value is not None]
            yield drawing.line(points, drawing.BLUE)
            yield from (drawing.dot(x, y, drawing.BLUE) for x, y in points)
        entries = {"gap": drawing.BLUE, "its interval": drawing.GREY, "retrain decided": drawing.RED}
        yield from drawing.key(entries, dashed=("its interval", "retrain decided"))

    return picture(drawn(), height=296, title=f"{readings[0].metric} that a retrain would have gained")
