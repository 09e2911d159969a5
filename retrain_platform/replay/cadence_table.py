"""The recommended cadence on the page of a replay: its sentence, its line of a spec, and how far models fall behind."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import yaml

from retrain_platform.replay.drift_plot import AGES, drift_plot
from retrain_platform.replay.results import Cadence, ReplayReport
from retrain_platform.replay.wording import plural, sentence


def cadence_table(report: ReplayReport) -> Iterator[str]:
    """For each strategy what it says, its line of a spec, and how far models of each age fell behind."""
    for each in report.cadences:
        yield f"<p>{escape(sentence(each.sentence))}</p>"
        if each.policy is not None:
            yield f"<pre>{escape(yaml.safe_dump(each.policy, default_flow_style=True, sort_keys=False).strip())}</pre>"
        if each.drift.behind:
            yield drift_plot(report, each)
            yield from _ages(report, each)


def _ages(report: ReplayReport, each: Cadence) -> Iterator[str]:
    yield "<details><summary>The same in numbers</summary><table><tr><th class=n>"
    yield f"{plural(report.period)} older<th class=n>loses more<th class=n>95%<th class=n>cuts"
    for one in each.drift.behind[:AGES]:
        row = " class=advised" if one.age == each.drift.periods else ""
        yield f"<tr{row}><td class=n>{one.age}<td class=n>{one.gap:+.4f}<td class=n>{one.low:+.4f} to {one.high:+.4f}"
        yield f"<td class=n>{one.cuts}"
    yield f"</table><p class=quiet>Of each {report.period}, in the mean; {each.drift.measurable:.4f} is measurable.</p>"
    yield "</details>"
