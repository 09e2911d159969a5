"""Candidate and champion in pictures, of several classes and of a ranking: what was called what, lists by size."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from retrain_platform import drawing
from retrain_platform.defs.exam_curves import COLOURS, both, frame, place_of
from retrain_platform.defs.picture import picture
from retrain_platform.drawing import BLUE, GREEN, GREY, INK, LETTER, ORANGE, PURPLE, RED, WIDTH, Sheet
from retrain_platform.validation.curves import ListsOfSize, ModelCurves

_OF_CLASSES = (BLUE, ORANGE, GREEN, RED, PURPLE)
_TOP, _HEIGHT, _GAP = 46, 330, 70
_LONG = 14
"""How many letters of a class's name are shown beside the table of calls."""
_NEAR = 0.02
"""So far the axis of a metric reaches beyond its values at least: what is nearly equal must look so."""


def drawn_curves(curves: Mapping[str, ModelCurves]) -> dg.MarkdownMetadataValue | None:
    """The picture that the task has: calls of classes, lists by size, else ROC or residuals and calibration."""
    if any(each.classes for each in curves.values()):
        return of_classes(curves)
    if any(each.lists for each in curves.values()):
        return of_lists(curves)
    return both(curves)


def curve_tables(curves: Mapping[str, ModelCurves]) -> dict[str, list[dict[str, Any]]]:
    """What was called what, and the metric by size of list, as tables' rows; only what there is."""
    calls = [
        {"model": name, "class": of, **dict(zip((f"called {each}" for each in model.classes), row, strict=True))}
        for name, model in curves.items()
        for of, row in zip(model.classes, model.confusion, strict=True)
    ]
    lists = [
        {"model": name, "rows of a list": _size(each), "lists": each.lists, model.metric: each.value}
        for name, model in curves.items()
        for each in model.lists
    ]
    return {name: rows for name, rows in (("calls", calls), ("lists by size", lists)) if rows}


def of_classes(curves: Mapping[str, ModelCurves]) -> dg.MarkdownMetadataValue:
    """ROC of the largest classes against the rest, the champion's dashed; beside it the candidate's calls by class."""
    wide = (WIDTH - _GAP) / 2 - 50
    first = Sheet(52, _TOP, wide, _HEIGHT, 1, 0, 1)
    names = next(each.classes for each in curves.values() if each.classes)
    shown = dict(zip(names, _OF_CLASSES, strict=False))
    tables = {name: each for name, each in curves.items() if each.confusion}
    whose = next(iter(tables))

    def drawn() -> Iterator[str]:
        yield from frame(first, 0, 1, "false positive rate", "true positive rate of a class against the rest")
        yield drawing.line([(place_of(first, at), first.y(at)) for at in (0, 1)], GREY, width=1.2, dash="4 4")
        for name, each in curves.items():
            for colour, roc in zip(_OF_CLASSES, each.rocs, strict=False):
                points = [(place_of(first, x), first.y(y)) for x, y in roc]
                yield drawing.line(points, colour, dash="5 4" if name == "champion" else "")
        room = LETTER * min(_LONG, max(len(name) for name in names))
        yield from _calls(first._replace(left=52 + wide + _GAP + room, width=wide - room), tables[whose], whose)
        champion = {"champion": GREY} if "champion" in curves else {}
        yield from drawing.key({**_without_pooled(shown, curves), **champion}, dashed=champion)

    return picture(drawn(), height=_TOP + _HEIGHT + 46, title="Classes against the rest, and what was called")


def _without_pooled(shown: Mapping[str, str], curves: Mapping[str, ModelCurves]) -> dict[str, str]:
    """The colours of the classes that have a curve of their own."""
    count = max(len(each.rocs) for each in curves.values())
    return {name: shown[name] for name in list(shown)[:count]}


def _calls(sheet: Sheet, model: ModelCurves, whose: str) -> Iterator[str]:
    """A cell for each class and call: the darker, the larger the share of the class's rows that were called so."""
    count = len(model.classes)
    wide, high = sheet.width / count, sheet.height / count
    yield drawing.text(sheet.left, sheet.top - 10, f"rows of a class (down) that the {whose} called (across)")
    for down, (name, row) in enumerate(zip(model.classes, model.confusion, strict=True)):
        y, total = sheet.top + high * down, sum(row)
        yield drawing.text(sheet.left - 8, y + high / 2 + 4, _short(name), anchor="end", colour=INK)
        foot = sheet.top + sheet.height + 17
        called = _short(name, min(_LONG, int(wide / LETTER)))
        yield drawing.text(sheet.left + wide * (down + 0.5), foot, called, anchor="middle", colour=INK)
        for along, cell in enumerate(row):
            share = cell / total if total else 0.0
            colour = BLUE if along == down else ORANGE
            yield drawing.box(
                sheet.left + wide * along + 1, y + 1, wide - 2, high - 2, colour, opacity=0.06 + 0.6 * share
            )
            said = f"{cell:,} ({share:.0%})" if wide > 90 else f"{share:.0%}"
            yield drawing.text(sheet.left + wide * (along + 0.5), y + high / 2 + 4, said, anchor="middle", colour=INK)


def of_lists(curves: Mapping[str, ModelCurves]) -> dg.MarkdownMetadataValue:
    """The mean of the metric by the size of the lists, a mark for each model; below it how many lists there are."""
    known = {name: each for name, each in curves.items() if each.lists}
    sizes = sorted({(each.least, each.most): each for model in known.values() for each in model.lists}.items())
    places = {size: place for place, (size, _) in enumerate(sizes)}
    values = [each.value for model in known.values() for each in model.lists]
    low, high = drawing.around([min(values) - _NEAR, *values, max(values) + _NEAR])
    sheet = Sheet(52, _TOP, WIDTH - 80, _HEIGHT - 80, len(places), low, min(high, 1.0))
    metric = next(iter(known.values())).metric

    def drawn() -> Iterator[str]:
        yield from drawing.heights(sheet)
        yield from drawing.places(sheet, [f"{_size(each)} rows, {each.lists:,} lists" for _, each in sizes])
        for name, model in known.items():
            points = [(sheet.x(places[each.least, each.most]), sheet.y(each.value)) for each in model.lists]
            yield drawing.line(points, COLOURS[name], width=1.4)
            yield from (drawing.dot(x, y, COLOURS[name], size=4.2) for x, y in points)
        yield from drawing.key({name: COLOURS[name] for name in known})

    return picture(drawn(), height=_TOP + _HEIGHT - 40, title=f"{metric} by the size of the lists")


def _size(each: ListsOfSize) -> str:
    return f"{each.least}" if each.least == each.most else f"{each.least} to {each.most}"


def _short(name: str, most: int = _LONG) -> str:
    return name if len(name) <= most else f"{name[: max(most - 1, 1)]}…"
