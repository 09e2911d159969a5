"""What the drift report shows of itself: severities in words, features over periods, one distribution."""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from retrain_platform.defs.plots import letters, picture, table
from retrain_platform.monitoring.binned import Bins
from retrain_platform.monitoring.reports import DriftReport, FeatureDrift, PredictionDrift
from retrain_platform.monitoring.severity import SEVERITIES, Limits, Severity

_COLOURS: dict[Severity, str] = {"none": "#f2f2f2", "low": "#fee3b1", "moderate": "#f5a35c", "severe": "#c83c3c"}
_NOT_MEASURED = "#ffffff"
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
    """A line a feature: PSI against its limit and the two noises, in words, and the rows behind it."""
    return table(
        [
            {
                "feature": each.feature,
                "severity": severity_of(each, limits),
                "PSI": each.scores.get("psi"),
                "drift from": max(limits.low, noise_of(each)),
                "noise of periods": each.noise.get("psi"),
                "noise of sampling": each.sampling.get("psi"),
                "rows, reference": each.rows_reference,
                "rows, now": each.rows_current,
                "missing, reference": each.missing_reference,
                "missing, now": each.missing_current,
                "new categories": ", ".join(each.new_categories[:4]),
                "correlation changed": each.correlation,
                "with": each.correlated,
            }
            for each in ranked(features, limits)
        ]
    )


def heat(reports: Sequence[DriftReport], limits: Limits) -> dg.MarkdownMetadataValue:
    """The severity of each feature in each of the newest periods; a line where the reference changed."""
    shown = reports[-_MOST_PERIODS:]
    codes = _codes(shown, limits)
    worst = sorted(codes, key=lambda name: (-sum(code**2 for code in codes[name]), name))[:_MOST_FEATURES]
    changed = [place for place in range(1, len(shown)) if _another(shown[place - 1], shown[place])]

    def draw(axes: Any) -> None:
        from matplotlib.colors import ListedColormap

        colours = ListedColormap([_NOT_MEASURED, *(_COLOURS[word] for word in SEVERITIES)])
        axes.pcolormesh([codes[name] for name in worst[::-1]], cmap=colours, vmin=-1, vmax=3, ec="white", lw=0.4)
        for place, name in enumerate(worst[::-1]):
            axes.text(-0.2, place + 0.5, name, fontsize=7, ha="right", va="center")
        for place in range(0, len(shown), max(1, -(-len(shown) // 7))):
            axes.text(place + 0.5, -0.3, shown[place].period, fontsize=7, ha="center", va="top")
        axes.vlines(changed, 0, len(worst), color="#444444", lw=1, ls=":")
        _no_ticks(axes)
        axes.spines[["left", "bottom"]].set_visible(False)
        _legend(axes)

    return picture(draw, height=0.8 + 0.17 * len(worst), left=letters(worst), title="Severity by PSI")


def distribution(feature: str, bins: Bins) -> dg.MarkdownMetadataValue:
    """The shares of a feature's bins, now beside the reference."""
    places = _largest(bins)
    totals = max(1, sum(bins.reference)), max(1, sum(bins.current))
    labels = [bins.labels[place] for place in places]

    def draw(axes: Any) -> None:
        for side, (counts, colour, word) in enumerate(
            ((bins.reference, "#9d9d9d", "reference"), (bins.current, "#4c78a8", "now"))
        ):
            shares = [counts[place] / totals[side] for place in places]
            axes.bar([place + 0.4 * side - 0.2 for place in range(len(places))], shares, 0.4, color=colour, label=word)
        axes.set_xticks([])
        for place, label in enumerate(labels):
            axes.annotate(
                label,
                (place, 0),
                (3, -4),
                textcoords="offset points",
                fontsize=7,
                rotation=40,
                ha="right",
                va="top",
                rotation_mode="anchor",
                annotation_clip=False,
            )
        axes.margins(x=0.01)
        axes.legend(fontsize=7, frameon=False, ncols=2, loc="upper right", bbox_to_anchor=(1, 1.16))

    return picture(draw, height=3.0, under=0.28 + 0.65 * letters(labels), title=f"Share of rows by {feature}")


def predictions(told: PredictionDrift | None) -> str:
    """The shift of the champion's scores in words."""
    if told is None:
        return "no champion scored the period"
    if told.drift is None:
        return told.why
    psi = told.drift.scores.get("psi")
    score = "not measured" if psi is None else f"{psi:.3g}"
    return (
        f"version {told.version}: PSI {score} of its scores against those of {told.reference[0]} to "
        f"{told.reference[-1]}, noise {noise_of(told.drift):.3g}"
    )


def _codes(reports: Sequence[DriftReport], limits: Limits) -> dict[str, list[int]]:
    """By feature, the place of its severity in each report; -1 where it was not measured."""
    names = dict.fromkeys(each.feature for report in reports for each in report.features)
    found = [
        {each.feature: SEVERITIES.index(severity_of(each, limits)) for each in report.features} for report in reports
    ]
    return {name: [codes.get(name, -1) for codes in found] for name in names}


def _no_ticks(axes: Any) -> None:
    """Labels are drawn as texts: a tick is six artists, and half of the picture's time."""
    axes.set_xticks([])
    axes.set_yticks([])


def _another(before: DriftReport, now: DriftReport) -> bool:
    return before.basis != now.basis or (not now.basis and before.reference != now.reference)


def _legend(axes: Any) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(fc=_COLOURS[word], ec="#cccccc", lw=0.4, label=word) for word in SEVERITIES]
    axes.legend(handles=handles, fontsize=7, frameon=False, ncols=4, loc="lower right", bbox_to_anchor=(1.01, 0.99))


def _largest(bins: Bins) -> list[int]:
    """The bins with most rows on either side, in their own order."""
    size = [max(pair) for pair in zip(bins.reference, bins.current, strict=True)]
    return sorted(sorted(range(len(size)), key=lambda place: -size[place])[:_MOST_BINS])
