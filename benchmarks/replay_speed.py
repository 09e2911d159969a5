"""What walking costs beside training: flights' 45 weeks, 20 policies, 5 costs, against the fits and scorings alone.

    python benchmarks/replay_speed.py [--weeks 45] [--delay 0] [--spec flight_delay] [--again] [--limits]

The matrix is timed from its first training to its last scoring, everything else (reading and cutting the table,
walking, the optimum, intervals, the report and its page) by itself, in seconds of the processor, all threads. With
`--spec` a model is replayed by its own spec, in which policies read drift and intervals, too.
Trainings are made anew: they are kept in a folder that is thrown away. With `--again` everything is replayed a second
time, with what the first one kept, beside the first one's matrix.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from retrain_platform.policy import Policy
from retrain_platform.replay.page import page
from retrain_platform.replay.walked import Named

COSTS = (0.02, 0.05, 0.1, 0.2, 0.5)


def policies() -> list[Named]:
    """Nineteen; the policy of our own, or a spec's present one, is always walked beside them."""
    metric = "auc"
    written: list[dict[str, Any]] = [
        *({"kind": "schedule", "every": f"{count}w"} for count in (2, 5, 9, 13)),
        *({"kind": "floor", "metric": metric, "at_least": least} for least in (0.64, 0.66, 0.68, 0.7)),
        *({"kind": "performance", "metric": metric, "falls_by": by} for by in (0.01, 0.02, 0.04, 0.06)),
        *({"kind": "volume", "new_ripe_share": share} for share in (0.25, 0.5, 1.0)),
        {"kind": "adaptive", "metric": metric},
    ]
    for weeks in (3, 6, 10):
        parts = [
            {"kind": "schedule", "every": f"{weeks}w"},
            {"kind": "performance", "metric": metric, "falls_by": 0.03},
        ]
        written.append({"kind": "any_of", "cooldown": "2w", "policies": parts})
    family: TypeAdapter[Any] = TypeAdapter(Policy)
    return [Named(f"policy {place}", family.validate_python(each)) for place, each in enumerate(written)]


class Clock:
    """When the first training began and the last one was scored, and when each policy was walked."""

    def __init__(self) -> None:
        self.began = time.process_time()
        self.first = self.last = 0.0

    def trained(self, done: int, of: int) -> None:
        """One more training is done."""
        self.last = time.process_time()
        self.first = self.first or self.last


class Took(NamedTuple):
    """Seconds: before the first training, the trainings and scorings, everything after them, and the page."""

    reading: float
    matrix: float
    walking: float
    page: float


def timed(asked: Any, named: Sequence[Named]) -> Took:
    """One replay from nothing, and what it found."""
    clock = Clock()
    report = asked.replayed(COSTS, named, clock.trained, lambda text: None)
    ended = time.process_time()
    made = page(report)
    drawn = time.process_time()
    policies = {each.name for each in report.policies if each.kind == "policy"}
    print(
        f"{report.fits} trainings, {report.scored} scorings, {len(report.periods)} periods, {len(policies)} policies, "
    )
    print(f"{len(report.policies)} ways, {len(report.effects)} costs of effects, a page of {len(made) / 1e3:.0f} kB")
    return Took(clock.first - clock.began, clock.last - clock.first, ended - clock.last, drawn - ended)


def of_table(weeks: int, delay: int, folder: Path) -> Any:
    """The flights of so many weeks as a bare table."""
    import pandas as pd

    from retrain_platform.cli.replay_options import Practice
    from retrain_platform.cli.replaying import Asked
    from retrain_platform.defs.models.flight_delay.flights import events

    start = pd.Timestamp("2013-01-01", tz="America/New_York").to_pydatetime()
    rows = events(start, start + pd.Timedelta(weeks=weeks))
    rows.to_parquet(folder / "flights.parquet")
    return Asked(
        table=str(folder / "flights.parquet"),
        time="scheduled_departure",
        label="late",
        task="binary",
        metric="auc",
        every=None,
        batches=weeks,
        windows=(None,),
        start=4,
        delay=delay,
        trees=100,
        exclude=("arr_delay", "wind_gust"),
        practice=Practice(),
    )


def of_spec(name: str) -> Any:
    """A model by its name or its file."""
    from retrain_platform.cli.app import spec_of
    from retrain_platform.cli.replaying import AskedSpec

    return AskedSpec(spec_of(name), (), None)


def main() -> None:
    """Print what each part took, and the ratio."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--weeks", type=int, default=45)
    parser.add_argument("--delay", type=int, default=0)
    parser.add_argument("--spec")
    parser.add_argument("--limits", action="store_true", help="try limits of its own, too, as `retrain replay` does")
    parser.add_argument("--again", action="store_true", help="and once more, with all that the first one kept")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["RETRAIN_HOME"] = home
        asked = of_spec(given.spec) if given.spec else of_table(given.weeks, given.delay, Path(home))
        asked = asked._replace(limits=given.limits)
        took = [timed(asked, policies()) for _ in range(1 + given.again)]
    for name, seconds in took[0]._asdict().items():
        print(f"{name:8} {seconds:7.1f} s")
    matrix = took[0].matrix
    for each in took:
        print(f"walking and page: {1 + (each.walking + each.page) / matrix:.3f} times the matrix")
    print(f"everything: {sum(took[0]) / matrix:.3f} times the matrix")


if __name__ == "__main__":
    main()
