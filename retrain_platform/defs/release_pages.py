"""What the release shows of itself: who answered, and who was watched beside, over the periods."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import dagster as dg

from retrain_platform import drawing
from retrain_platform.defs.picture import picture
from retrain_platform.drawing import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, WIDTH, Sheet

if TYPE_CHECKING:
    from retrain_platform.steps.values import Scored

_MOST_PERIODS, _MOST_VERSIONS = 60, 12
_COLOURS = (BLUE, ORANGE, GREEN, PURPLE, "#b3863e", "#4fa3a5")


def answering(scored: Sequence["Scored"]) -> dg.MarkdownMetadataValue:
    """A column a period: the share of its rows that each version answered; a hollow mark is a shadow."""
    shown = scored[-_MOST_PERIODS:]
    versions = sorted({v for each in shown for v in each.versions.values()}, key=_order)[-_MOST_VERSIONS:]
    colours = {version: _COLOURS[_order(version)[0] % len(_COLOURS)] for version in versions}
    sheet = Sheet(56, 48, WIDTH - 66, 170, len(shown), 0, 1)

    def drawn() -> Iterator[str]:
        yield from drawing.heights(sheet, percent=True, most=4)
        for place, each in enumerate(shown):
            yield from _column(sheet, place, each, colours)
            shadow = each.versions.get("shadow")
            if shadow in colours:
                yield drawing.dot(sheet.x(place), sheet.top - 8, colours[shadow], hollow=True, size=4)
        yield from drawing.places(sheet, [each.period for each in shown])
        key = {f"version {version}": colour for version, colour in colours.items()} | {"shadow": INK, "nobody": GREY}
        used = {"shadow": any("shadow" in each.versions for each in shown), "nobody": any(map(_nobody, shown))}
        yield from drawing.key({name: key[name] for name in key if used.get(name, True)}, hollow=("shadow",))

    return picture(drawn(), height=252, title="Share of the rows that each version answered")


def _column(sheet: Sheet, place: int, each: "Scored", colours: Mapping[str, str]) -> Iterator[str]:
    """The period's rows by who answered them, the champion at the foot."""
    wide, done = 0.82 * sheet.width / max(sheet.slots, 1), 0.0
    if _nobody(each):
        yield drawing.box(sheet.x(place) - wide / 2, sheet.y(0.02), wide, sheet.y(0) - sheet.y(0.02), GREY)
    for role, version in each.versions.items():
        share = each.used.get(role, 0) / max(each.rows, 1)
        if share:
            top = sheet.y(done + share)
            colour = colours.get(version, GREY)
            yield drawing.box(sheet.x(place) - wide / 2, top, wide, sheet.y(done) - top, colour, opacity=0.8)
        done += share


def _nobody(each: "Scored") -> bool:
    return not any(each.used.values())


def _order(version: str) -> tuple[int, str]:
    """Versions by their number, where they have one."""
    return (int(version), "") if version.isdigit() else (0, version)
