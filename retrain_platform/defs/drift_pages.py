"""What the drift report shows of itself: severities in words, features over periods, one distribution."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import dagster as dg

from retrain_platform import drawing
from retrain_platform.defs.picture import picture
from retrain_platform.defs.plots import table
from retrain_platform.drawing import LETTER, WIDTH, Sheet
from retrain_platform.monitoring.binned import Bins
from retrain_platform.monitoring.reports import DriftReport, FeatureDrift, PredictionDrift
from retrain_platform.monitoring.severity import SEVERITIES, Limits, Severity

_COLOURS: dict[Severity, str] = {"none": "#f2f2f2", "low": "#fee3b1", "moderate": "#f5a35c", "severe": "#c83c3c"}
_SIDES = {"reference": drawing.GREY, "now": drawing.BLUE}
_OTHER = ("another reference",)
_ROW = 18
_MOST_FEATURES, _MOST_PERIODS, _MOST_BINS = 25, 60, 24


def noise_of(drift: FeatureDrift) -> float:
    """What ordinary periods, and chance at these numbers of rows, score in PSI at most."""
    return max(drift.noise.get("psi") or 0.0, drift.sampling.get("psi") or 0.0)


def severity_of(drift: FeatureDrift, limits: Limits) -> Severity:
    """The severity of a feature's PSI over its noise."""
    return limits.severity(drift.scores.get("psi"), noise_of(drift))


def ranked(features: Sequence[FeatureDrift], limits: Limits) -> list[FeatureDrift]:
    """Most severe first, then by PSI."""
    return sorted(
        features,
        key=lambda each: (
            -SEVERITIES.index(severity_of(each, limits)),
            -(each.scores.get("psi") or 0.0),
            each.feature,
        ),
    )


def severities(features: Sequence[FeatureDrift], limits: Limits) -> dg.MarkdownMetadataValue:
    """A line a feature: PSI, from where it is drift and why, and what else changed."""
    return table(
        [
            {
                "feature": each.feature,
                **_judged(each, limits),
                "noise of periods": each.noise.get("psi"),
                "noise of sampling": each.sampling.get("psi"),
                "missing": _missing(each),
                "new categories": ", ".join(each.new_categories[:4]),
                "correlation changed": _correlated(each),
            }
            for each in ranked(features, limits)
        ]
    )


def mix(segments: Sequence[FeatureDrift], limits: Limits) -> dg.MarkdownMetadataValue:
    """A line a segment column: how far the shares of its values are from the reference's."""
    return table(
        [
            {
                "segment": each.feature,
                **_judged(each, limits),
                "new values": ", ".join(each.new_categories[:4]),
            }
            for each in ranked(segments, limits)
        ],
        none="the spec names no segments",
    )


def _judged(drift: FeatureDrift, limits: Limits) -> dict[str, str | float | None]:
    severity, psi = severity_of(drift, limits), drift.scores.get("psi")
    return {"severity": severity, "PSI": psi, "drift from": max(limits.low, noise_of(drift))}


def _missing(drift: FeatureDrift) -> str:
    """The share of values that are missing, now and in the reference."""
    if drift.missing_current == drift.missing_reference == 0:
        return ""
    return f"{drift.missing_current:.1%}, was {drift.missing_reference:.1%}"


def _correlated(drift: FeatureDrift) -> str:
    """By how much the correlation with another feature changed, where it changed most."""
    return "" if drift.correlation is None else f"{drift.correlation:.2f} with {drift.correlated}"


def heat(reports: Sequence[DriftReport], limits: Limits) -> dg.MarkdownMetadataValue:
    """The severity of each feature in each of the newest periods; a dotted line where the reference changed."""
    shown = reports[-_MOST_PERIODS:]
    codes = _codes(shown, limits)
    worst = sorted(codes, key=lambda name: (-sum(code**2 for code in codes[name]), name))[:_MOST_FEATURES]
    changed = [place for place in range(1, len(shown)) if _another(shown[place - 1], shown[place])]
    left = 14 + LETTER * max((len(name) for name in worst), default=0)
    sheet = Sheet(left, 34, WIDTH - left - 10, _ROW * len(worst), len(shown), 0, 1)

    def drawn() -> Iterator[str]:
        for row, name in enumerate(worst):
            y = sheet.top + _ROW * row
            yield drawing.text(left - 6, y + 13, name, anchor="end", colour=drawing.INK)
            for start, end, code in _runs(codes[name]):
                x = sheet.x(start - 0.5)
                yield drawing.box(x, y + 0.5, sheet.x(end - 0.5) - x, _ROW - 1, _COLOURS[SEVERITIES[code]])
        yield from (drawing.upright(sheet, place - 0.5, "#ffffff", dash="") for place in range(1, len(shown)))
        yield from (drawing.upright(sheet, place - 0.5, drawing.INK) for place in changed)
        yield from drawing.places(sheet, [report.period for report in shown])
        yield from drawing.key(dict(_COLOURS) | ({"another reference": drawing.INK} if changed else {}), dashed=_OTHER)

    return picture(drawn(), height=sheet.top + sheet.height + 30, title="Severity of each feature, by PSI")


def distribution(feature: str, bins: Bins) -> dg.MarkdownMetadataValue:
    """The shares of a feature's bins, now beside the reference."""
    kept = _largest(bins)
    totals = max(1, sum(bins.reference)), max(1, sum(bins.current))
    shares = [(bins.reference[at] / totals[0], bins.current[at] / totals[1]) for at in kept]
    labels = [bins.labels[at] for at in kept]
    under = 16 + 0.64 * LETTER * max((len(label) for label in labels), default=0)
    sheet = Sheet(56, 34, WIDTH - 66, 230, len(kept), 0, 1.05 * max((max(pair) for pair in shares), default=1.0))

    def drawn() -> Iterator[str]:
        yield from drawing.heights(sheet, percent=True)
        wide, foot = 0.4 * sheet.width / max(len(kept), 1), sheet.top + sheet.height
        for place, (pair, label) in enumerate(zip(shares, labels, strict=True)):
            x = sheet.x(place)
            for share, start, colour in zip(pair, (x - wide, x), _SIDES.values(), strict=True):
                yield drawing.box(start, sheet.y(share), wide, foot - sheet.y(share), colour)
            turned = f"rotate(-40 {x + 4:.1f} {foot + 14:.1f})"
            yield drawing.text(x + 4, foot + 14, label, anchor="end", transform=turned)
        yield drawing.line([(sheet.left, foot), (sheet.left + sheet.width, foot)], drawing.QUIET, width=1)
        yield from drawing.key(_SIDES)

    return picture(drawn(), height=sheet.top + sheet.height + under, title=f"Share of rows by {feature}")


def predictions(told: PredictionDrift | None) -> str:
    """The shift of the champion's scores in words."""
    if told is None:
        return "no champion scored the period"
    if told.drift is None:
        return told.why
    psi = told.drift.scores.get("psi")
    score = "not measured" if psi is None else f"{psi:.3g}"
    classes = told.classes
    shown = None if classes is None else classes.scores.get("psi")
    beside = "" if classes is None or shown is None else f"; {shown:.3g} of its classes, noise {noise_of(classes):.3g}"
    return (
        f"version {told.version}: PSI {score} of its scores against those of {told.reference[0]} to "
        f"{told.reference[-1]}, noise {noise_of(told.drift):.3g}{beside}"
    )


def _codes(reports: Sequence[DriftReport], limits: Limits) -> dict[str, list[int]]:
    """By feature, the place of its severity in each report; -1 where it was not measured."""
    names = dict.fromkeys(each.feature for report in reports for each in report.features)
    found = [
        {each.feature: SEVERITIES.index(severity_of(each, limits)) for each in report.features} for report in reports
    ]
    return {name: [codes.get(name, -1) for codes in found] for name in names}


def _runs(codes: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Where a severity begins and ends, the end not included; nothing where it was not measured."""
    start = 0
    for code, same in groupby(codes):
        end = start + len(list(same))
        if code >= 0:
            yield start, end, code
        start = end


def _another(before: DriftReport, now: DriftReport) -> bool:
    return before.basis != now.basis or (not now.basis and before.reference != now.reference)


def _largest(bins: Bins) -> list[int]:
    """The bins with most rows on either side, in their own order."""
    size = [max(pair) for pair in zip(bins.reference, bins.current, strict=True)]
    return sorted(sorted(range(len(size)), key=lambda place: -size[place])[:_MOST_BINS])
