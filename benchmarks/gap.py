"""Does the gap to a fresh challenger tell what a retrain really gains? On the flights of 2013.

    python benchmarks/gap.py [--cuts 8,16,24,32] [--rows 50000] [--judge-on 2w] [--null 0] [--json FILE]

The weeks are taken in and ripened once. Then, for champions of several ages (all that was ripe after
8, 16, ... weeks), every second week: the platform's own reading (`steps.challenger`), and what a full
retrain in that week really gained over the champion, the mean over the four weeks after it. Both
retrain and champion go the platform's way: stopped early, then refitted on all ripe rows. Beside the
reading stand the two numbers that one would look at without it: the champion's own AUC on the judged
weeks, and its age.

`--null N` asks how often chance alone opens a gap: N times the year's days are shuffled whole, 56 of
them make the stale side, 56 others the fresh one and 14 others judge, so that a retrain has nothing
to gain; counted is how often the shipped `gap` policy would fire.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from functools import cache
from pathlib import Path
from statistics import fmean, median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import pandas as pd
import yaml
from shops import in_memory

from retrain_platform.adapters.delta_lake import DeltaLake
from retrain_platform.adapters.file_values import FileValues
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.monitoring.gap import ChallengerSpec
from retrain_platform.policy import GapPolicy
from retrain_platform.policy.history import Champion
from retrain_platform.spec import ModelSpec, spec_from
from retrain_platform.stats.intervals import lower_bound, paired
from retrain_platform.stats.metrics import metric
from retrain_platform.steps.dataset.ingesting import features_of, ingest
from retrain_platform.steps.known import days_of
from retrain_platform.steps.monitoring.ripening import ripen
from retrain_platform.steps.training import challenger
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training.base import Fitted, Rows
from retrain_platform.training.challenger import cheap

SPEC = Path(__file__).parents[1] / "retrain_platform" / "defs" / "models" / "flight_delay" / "defs.yaml"
WEEKS, AHEAD, STOP = 52, 4, 2
"""Weeks of the year; over how many a real gain is taken; how many stop a fit early, and as many examine it."""


class Row(NamedTuple):
    """One reading beside the truth. `level`: the champion's own AUC on the judged weeks; `age` in weeks."""

    cut: int
    week: int
    gap: float
    low: float
    high: float
    real: float
    level: float
    age: int
    cpu: float


def spec_with(rows: int, judge_on: str) -> ModelSpec:
    """The shipped spec with the gap measured every second week."""
    attributes = yaml.safe_load(SPEC.read_text())["attributes"]
    attributes["monitoring"] = {"challenger": {"every": "2w", "judge_on": judge_on, "rows": rows}}
    return spec_from(attributes, str(SPEC))


def shop_in(home: Path, spec: ModelSpec) -> Workshop:
    """A workshop of its own, every week of the year taken in and ripened."""
    shop = in_memory(spec, lake=DeltaLake(home / "lake"), values=FileValues(home / "values"))
    for week in range(WEEKS):
        ingest(shop, spec.period.at(week))
        ripen(shop, spec.period.at(week))
    return shop


class Truth:
    """Full models by the week in which they were trained, and their AUC on single weeks."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop
        self.of = cache(self._of)
        self.auc = cache(self._auc)
        self._week = cache(self._rows)

    def _rows(self, week: int) -> pd.DataFrame:
        frame = self._shop.lake.read(self._shop.events, [self._shop.spec.period.at(week).key])
        return frame[frame["_label"].notna()]

    def _of(self, cut: int) -> Fitted:
        """Learned from the weeks before `cut`: as many trees as an exam's fit found, on all of them."""
        weeks = [self._week(week) for week in range(cut)]
        columns = features_of(self._shop, weeks[0])
        recipe = self._shop.teach(self._shop.spec.training)

        def part(first: int, last: int) -> Rows:
            rows = pd.concat(weeks[first:last], ignore_index=True)
            return Rows(rows[columns], rows["_label"].to_numpy(np.float64))

        found = recipe.fit(part(0, cut - 2 * STOP), valid=part(cut - 2 * STOP, cut - STOP))
        return recipe.fit(part(0, cut), rounds=found.report.rounds)

    def _auc(self, cut: int, week: int) -> float:
        rows = self._week(week)
        return metric("auc").compute(rows["_label"].to_numpy(np.float64), self.of(cut).score(rows))

    def gain(self, cut: int, week: int) -> float:
        """What the retrain at the end of `week`, on the weeks before it, gains over the champion afterwards."""
        return fmean(self.auc(week, later) - self.auc(cut, later) for later in range(week + 1, week + 1 + AHEAD))


def champion_of(shop: Workshop, cut: int) -> Champion:
    """A champion that learned from the weeks before `cut`, on record as the platform would have it."""
    calendar = shop.spec.period
    trained, name = calendar.at(cut), f"cut-{cut}"
    made = DatasetSnapshot.model_construct(
        decision_id=name, periods=tuple(calendar.at(week).key for week in range(cut))
    )
    real = shop.values.get

    def get(model: str, asset: str, period: str, id: str, as_type: Any) -> Any:
        return made if (asset, id) == ("training_dataset", name) else real(model, asset, period, id, as_type)

    shop.values.get = get  # type: ignore[method-assign]
    return Champion(
        version=name,
        decision_id=name,
        trained_as_of=trained.end,
        training_rows=1,
        seen_until=trained.start,
        released_as_of=trained.end,
    )


def measured(shop: Workshop, truth: Truth, cut: int) -> list[Row]:
    """Every reading of one champion that a real gain can stand beside."""
    found, champion = [], champion_of(shop, cut)
    with mock.patch.object(challenger, "champion_at", return_value=champion):
        for week in range(cut + 1, WEEKS - AHEAD):
            begun = time.process_time()
            reading = challenger.challenge(shop, shop.spec.period.at(week))
            cpu = time.process_time() - begun
            if reading is None or reading.value is None:
                continue
            level = fmean(truth.auc(cut, shop.spec.period.index(key)) for key in reading.judged)
            low, high = reading.low or np.nan, reading.high or np.nan
            found.append(Row(cut, week, reading.value, low, high, truth.gain(cut, week), level, week - cut, cpu))
            print(f"\rchampion of week {cut}, week {week}: {cpu:.2f} CPU s", end="", file=sys.stderr, flush=True)
    return found


def null(shop: Workshop, times: int) -> str:
    """How often the policy fires where neither side knows more than the other."""
    asked, policy = ChallengerSpec(), GapPolicy()
    rows = shop.lake.read(shop.events, [shop.spec.period.at(week).key for week in range(WEEKS)])
    rows = rows[rows["_label"].notna()].reset_index(drop=True)
    days, labels = days_of(rows, shop.spec.period.timezone), rows["_label"].to_numpy(np.float64)
    columns, recipe = features_of(shop, rows), cheap(shop.spec.training, trees=asked.trees, leaves=asked.leaves)
    fired, gaps = 0, []
    for turn in range(times):
        shuffled = np.random.default_rng(turn).permutation(np.unique(days))
        stale, fresh, judged = (np.isin(days, shuffled[a:b]) for a, b in ((0, 56), (56, 112), (112, 126)))
        sides = [shop.teach(recipe).fit(Rows(rows.loc[side, columns], labels[side])) for side in (fresh, stale)]
        scores = [side.score(rows[judged]) for side in sides]
        interval = paired(labels[judged], *scores, days[judged], metric("auc"))
        least = lower_bound(interval.value, interval.standard_error, interval.groups, policy.confidence)
        fired += least > 0 and interval.value > policy.over
        gaps.append(interval.value)
        print(f"\rshuffled {turn + 1} times, fired {fired}", end="", file=sys.stderr, flush=True)
    return f"nothing to gain: fired {fired} of {times} times; the gaps' standard deviation {np.std(gaps):.4f}"


def line(name: str, rows: list[Row]) -> str:
    """One line of the table: how the reading, the age and the level go with the real gain."""
    real = [row.real for row in rows]

    def with_real(column: str) -> float:
        return float(np.corrcoef([getattr(row, column) for row in rows], real)[0, 1])

    apart = [row.gap - row.real for row in rows]
    covered = fmean(row.low <= row.real <= row.high for row in rows)
    return (
        f"| {name} | {len(rows)} | {with_real('gap'):+.2f} | {with_real('age'):+.2f} | {with_real('level'):+.2f} | "
        f"{fmean(row.gap for row in rows):+.4f} | {fmean(real):+.4f} | {fmean(a * a for a in apart) ** 0.5:.4f} | "
        f"{covered:.0%} | {median(row.cpu for row in rows):.2f} ({max(row.cpu for row in rows):.2f}) |"
    )


def main() -> int:
    """Measure, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cuts", default="8,16,24,32", help="after how many weeks the champions were trained")
    parser.add_argument("--rows", type=int, default=50_000, help="monitoring.challenger.rows")
    parser.add_argument("--judge-on", default="2w", help="monitoring.challenger.judge_on")
    parser.add_argument("--null", type=int, default=0, help="how often to shuffle the days")
    parser.add_argument("--json", type=Path, help="also write every reading to this file")
    chosen = parser.parse_args()
    with TemporaryDirectory(prefix="gap-") as home:
        shop = shop_in(Path(home), spec_with(chosen.rows, chosen.judge_on))
        if chosen.null:
            print("\n" + null(shop, chosen.null))
            return 0
        truth = Truth(shop)
        by_cut = {cut: measured(shop, truth, cut) for cut in map(int, chosen.cuts.split(","))}
    every = [row for rows in by_cut.values() for row in rows]
    print(
        "\n| champion of week | readings | reading with real gain | age with it | level with it | mean reading | ",
        end="",
    )
    print("mean real gain | RMSE | interval holds it | CPU s a reading, median (most) |")
    print(f"|{'---|' * 10}")
    print("\n".join([*(line(str(cut), rows) for cut, rows in by_cut.items()), line("all", every)]))
    if chosen.json:
        chosen.json.write_text(json.dumps([row._asdict() for row in every], indent=1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
