"""Candidate and champion in pictures: ROC, calibration, residuals, and what each leans on."""

from collections.abc import Iterator, Mapping, Sequence

import dagster as dg

from retrain_platform import drawing
from retrain_platform.defs.picture import picture
from retrain_platform.drawing import BLUE, GREY, INK, LETTER, ORANGE, QUIET, WIDTH, Sheet
from retrain_platform.validation.curves import LEVELS, CalibrationBin, ModelCurves

COLOURS = {"candidate": BLUE, "champion": ORANGE}
_HEIGHT, _TOP, _APART = 330, 46, 70
_ROW = 30
_WHISKERS, _BOX, _MEDIAN = (0.05, 0.95), (0.25, 0.75), 0.5


def both(curves: Mapping[str, ModelCurves]) -> dg.MarkdownMetadataValue | None:
    """Two panels: ROC (residuals for a number) on the left, calibration on the right; None without any curve."""
    if not any(each.calibration for each in curves.values()):
        return None
    binary = any(each.roc for each in curves.values())
    wide = (WIDTH - _APART) / 2 - 50
    first = Sheet(52, _TOP, wide, _HEIGHT, 1, 0, 1)

    def drawn() -> Iterator[str]:
        yield from _roc(first, curves) if binary else _residuals(first, curves)
        yield from _calibration(first._replace(left=52 + wide + _APART + 24), curves)
        yield from drawing.key({name: COLOURS[name] for name in curves})

    title = "ROC and calibration" if binary else "Residuals and calibration"
    return picture(drawn(), height=_TOP + _HEIGHT + 46, title=title)


def place_of(sheet: Sheet, share: float) -> float:
    """The place of a share of the sheet's width, 0 at its left edge."""
    return sheet.x(share - 0.5)


def frame(sheet: Sheet, low: float, high: float, across: str, upwards: str) -> Iterator[str]:
    """Both axes with their round values and names; `low` and `high` are those of the axis across."""
    yield from drawing.heights(sheet)
    foot = sheet.top + sheet.height
    for value in drawing.round_values(low, high, 5):
        x = place_of(sheet, (value - low) / ((high - low) or 1))
        yield drawing.line([(x, sheet.top), (x, foot)], drawing.GRID, width=1)
        yield drawing.text(x, foot + 17, drawing.short(value), anchor="middle")
    yield drawing.text(sheet.left + sheet.width / 2, foot + 37, across, anchor="middle")
    yield drawing.text(sheet.left, sheet.top - 10, upwards)


def _roc(sheet: Sheet, curves: Mapping[str, ModelCurves]) -> Iterator[str]:
    yield from frame(sheet, 0, 1, "false positive rate", "true positive rate")
    yield drawing.line([(place_of(sheet, at), sheet.y(at)) for at in (0, 1)], GREY, width=1.2, dash="4 4")
    for name, each in curves.items():
        yield drawing.line([(place_of(sheet, x), sheet.y(y)) for x, y in each.roc], COLOURS[name])


def _calibration(sheet: Sheet, curves: Mapping[str, ModelCurves]) -> Iterator[str]:
    """Mean label over mean score; on the diagonal scores mean what they say."""
    bins = [each for model in curves.values() for each in model.calibration]
    low, high = drawing.around([*(each.score for each in bins), *(each.label for each in bins)], share=0.04)
    sheet = sheet._replace(low=low, high=high)
    yield from frame(sheet, low, high, _counts(curves), "mean label")
    yield drawing.line([(place_of(sheet, at), sheet.top + sheet.height * (1 - at)) for at in (0, 1)], GREY, dash="4 4")
    for name, model in curves.items():
        shares = [(each.score - low) / (high - low) for each in model.calibration]
        points = [(place_of(sheet, at), sheet.y(b.label)) for at, b in zip(shares, model.calibration, strict=True)]
        yield drawing.line(points, COLOURS[name], width=1.4)
        yield from (drawing.dot(x, y, COLOURS[name], size=3.8) for x, y in points)


def _counts(curves: Mapping[str, ModelCurves]) -> str:
    """The axis of scores, and how many rows stand behind a mark."""
    counts = [each.rows for model in curves.values() for each in model.calibration]
    least, most = min(counts), max(counts)
    rows = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    return f"mean score, {rows} rows a mark"


def _residuals(sheet: Sheet, curves: Mapping[str, ModelCurves]) -> Iterator[str]:
    """A box a model: half of all rows in the box, 9 of 10 between the whiskers, the median as a line across."""
    known = {name: dict(zip(LEVELS, each.residuals, strict=True)) for name, each in curves.items() if each.residuals}
    low, high = drawing.around([value for each in known.values() for value in each.values()])
    sheet = sheet._replace(low=low, high=high, slots=max(len(known), 1))
    yield from drawing.heights(sheet)
    yield drawing.rule(sheet, 0.0, QUIET)
    yield drawing.text(sheet.left, sheet.top - 10, "label minus prediction")
    for place, (name, at) in enumerate(known.items()):
        yield from _box(sheet, place, at, COLOURS[name])
        foot, ends = sheet.top + sheet.height, (drawing.short(at[LEVELS[0]]), drawing.short(at[LEVELS[-1]]))
        yield drawing.text(sheet.x(place), foot + 17, name, anchor="middle", colour=INK)
        yield drawing.text(sheet.x(place), foot + 34, f"98% of rows: {ends[0]} to {ends[1]}", anchor="middle")


def _box(sheet: Sheet, place: int, at: Mapping[float, float], colour: str) -> Iterator[str]:
    x, half = sheet.x(place), 38
    yield drawing.line([(x, sheet.y(at[each])) for each in _WHISKERS], colour, width=1.6)
    for level in _WHISKERS:
        yield drawing.line([(x - half / 2, sheet.y(at[level])), (x + half / 2, sheet.y(at[level]))], colour, width=1.6)
    top, foot = sheet.y(at[_BOX[1]]), sheet.y(at[_BOX[0]])
    yield drawing.box(x - half, top, 2 * half, max(foot - top, 1), colour, opacity=0.35)
    yield drawing.line([(x - half, sheet.y(at[_MEDIAN])), (x + half, sheet.y(at[_MEDIAN]))], colour, width=2.6)


def leaning(rows: Sequence[tuple[str, float, float | None]]) -> dg.MarkdownMetadataValue:
    """What each model leans on, a pair of bars a feature; beside them the shift."""
    left = 14 + LETTER * max((len(name) for name, _, _ in rows), default=0)
    room = WIDTH - left - 150
    most = max((max(mine, theirs or 0.0) for _, mine, theirs in rows), default=0) or 1.0

    def drawn() -> Iterator[str]:
        for place, (name, mine, theirs) in enumerate(rows):
            y = 32 + _ROW * place
            yield drawing.text(left - 8, y + 16, name, anchor="end", colour=INK)
            yield drawing.box(left, y + 2, max(room * mine / most, 1), 10, BLUE)
            if theirs is not None:
                yield drawing.box(left, y + 13, max(room * theirs / most, 1), 10, ORANGE)
            shift = "" if theirs is None else f" ({mine - theirs:+.1%})"
            yield drawing.text(left + room * max(mine, theirs or 0.0) / most + 8, y + 17, f"{mine:.1%}{shift}")
        told = {"candidate": BLUE} | ({"champion": ORANGE} if any(row[2] is not None for row in rows) else {})
        yield from drawing.key(told)

    return picture(drawn(), height=40 + _ROW * len(rows), title="What each leans on, and how far it shifted")


def bins(curves: Mapping[str, ModelCurves]) -> list[dict[str, float | str | int]]:
    """The marks of the calibration as a table's rows."""
    return [_bin(name, each) for name, model in curves.items() for each in model.calibration]


def _bin(name: str, each: CalibrationBin) -> dict[str, float | str | int]:
    return {"model": name, "rows": each.rows, "mean score": each.score, "mean label": each.label}
