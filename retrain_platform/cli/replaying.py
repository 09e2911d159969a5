"""A table, a learner and what earlier replays kept, joined for one replay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from retrain_platform.replaying import SMALL, cores

if TYPE_CHECKING:
    from retrain_platform.cli.replay_options import Practice
    from retrain_platform.replay.effects import Effects
    from retrain_platform.replay.losses import Loss
    from retrain_platform.replay.matrix import Strategy
    from retrain_platform.replay.prefix import Setting
    from retrain_platform.replay.reading import Read
    from retrain_platform.replay.results import ReplayReport
    from retrain_platform.replay.table import Cut
    from retrain_platform.replay.table_past import TablePast
    from retrain_platform.replay.walked import Named
    from retrain_platform.spec import ModelSpec

BATCHES = 40
"""Batches of equal count where nothing is said and no calendar suits."""


class AskedSpec(NamedTuple):
    """What a replay of a spec was asked for; see `SpecReplay`."""

    spec: ModelSpec
    windows: tuple[int | None, ...]
    start: int | None
    batches: int | None = None
    effects: Effects | None = None
    seeds: int = 1
    currency: str = ""
    limits: bool = True
    presets: bool = False

    def replayed(
        self,
        costs: Sequence[float],
        policies: Sequence[Named],
        trained: Callable[[int, int], None],
        walked: Callable[[str], None],
    ) -> ReplayReport:
        """The whole replay; what it keeps lies under the home of the settings.

        Raises:
            ValueError: the spec's history cannot be replayed as asked; the message says what to change.
        """
        from retrain_platform.replay.of_spec import SpecReplay
        from retrain_platform.replaying import replayed

        said = {name: value for name, value in self._asdict().items() if name != "spec"}
        return replayed(self.spec, SpecReplay(policies, costs, **said), trained, walked)


class Asked(NamedTuple):
    """What a replay of a bare table was asked for; `windows` are numbers of periods, None is all the past."""

    table: str
    time: str
    label: str
    task: Any
    metric: str | None
    every: Any
    batches: int | None
    windows: tuple[int | None, ...]
    start: int | None
    delay: int
    trees: int
    exclude: tuple[str, ...]
    practice: Practice
    effects: Effects | None = None
    entity: str | None = None
    limits: bool = True
    presets: bool = False

    def replayed(
        self,
        costs: Sequence[float],
        policies: Sequence[Named],
        trained: Callable[[int, int], None],
        walked: Callable[[str], None],
    ) -> ReplayReport:
        """The whole replay.

        Raises:
            ValueError: the table cannot be read or replayed as asked; the message says what to change.
        """
        from retrain_platform.replay.money import COSTS
        from retrain_platform.replay.ours import check_windows, ours
        from retrain_platform.replay.presets import presets
        from retrain_platform.replay.report import replay
        from retrain_platform.replay.table import first_training

        read = self._read()
        cut = self._cut(read)
        start = first_training(read.table, cut, read.task) if self.start is None else self.start
        setting = self._setting(read, cut, start, trained)
        check_windows(setting, policies)
        taken = {each.name for each in policies}
        named = [*ours(setting, taken), *(presets(setting, taken) if self.presets else []), *policies]
        notes, asked = (*read.notes, *self._notes(read, cut, start)), costs or COSTS
        return replay(self.table, setting, named, asked, cut.said, notes, walked, self.effects, limits=self.limits)

    def _setting(self, read: Read, cut: Cut, start: int, trained: Callable[[int, int], None]) -> Setting:
        """The matrix, trained where nothing is kept of it, as a road."""
        from retrain_platform.adapters.error_detectors import error_detectors
        from retrain_platform.adapters.kept_texts import KeptTexts
        from retrain_platform.adapters.settings import settings
        from retrain_platform.replay.matrix import Strategy, build
        from retrain_platform.replay.prefix import Setting
        from retrain_platform.replay.road import road
        from retrain_platform.replay.table_past import TableEntities

        strategies = [
            Strategy(name="all the past" if each is None else f"newest {each}", window=each) for each in self.windows
        ]
        at_once = _at_once(read, cut, strategies)
        past, loss = self._past(read, cut, start, threads=max(1, cores() // at_once))
        # From the first that a gate needs on, to the last that serves a period, labels at once included.
        first = min(start, max(1, start - self.practice.holdout + 1), len(cut.periods)) - 1
        cuts = range(first, max(first + 1, len(cut.periods) - 1))
        matrix = build(past, strategies, KeptTexts(settings().replays), cuts, at_once=at_once, told=trained)
        rules = self.practice.rules(loss.scale)
        made = road(matrix, start=start, delay=self.delay, rules=rules)
        entities = None if self.entity is None else TableEntities(past, strategies)
        return Setting(made, loss, cut.length, detectors=error_detectors(), entities=entities)

    def _read(self) -> Read:
        from retrain_platform.adapters.whole_table import whole_table
        from retrain_platform.replay.reading import CannotReplay, read

        rows = whole_table(self.table)
        try:
            return read(rows, self.time, self.label, exclude=self.exclude, task=self.task, entity=self.entity)
        except CannotReplay as error:
            raise CannotReplay("\n".join(f"{self.table}: {line}" for line in str(error).splitlines())) from error

    def _cut(self, read: Read) -> Cut:
        from retrain_platform.replay.reading import CannotReplay
        from retrain_platform.replay.table import by_calendar, in_batches, usual_cut

        if self.every is None:
            if self.batches is not None:
                return in_batches(len(read.table.labels), self.batches)
            cut = usual_cut(read.table, BATCHES)
            if self.presets and cut.every is None:
                raise CannotReplay(
                    f"--presets, must be left out where {self.table} is cut into batches, or --every name a unit of "
                    "the calendar: a domain's cadence is of days and weeks"
                )
            return cut
        if read.table.times is None:
            raise CannotReplay(
                f"--every == {self.every}, must be left out: {self.time} holds numbers, which only order"
            )
        return by_calendar(read.table.times, self.every)

    def _notes(self, read: Read, cut: Cut, start: int) -> list[str]:
        """Why the table is cut as it is, and which of its periods hold nothing."""
        from retrain_platform.replay.doubts import lasting, one_sided, undivided
        from retrain_platform.replay.table import FEWEST, MOST
        from retrain_platform.replay.wording import listed, many

        found = []
        if self.every is None and self.batches is None and cut.every is None:
            why = f"no unit of the calendar gives {FEWEST} to {MOST} periods, most of them with rows (--every says one)"
            if read.table.times is None:
                why = f"{self.time} holds numbers, which only order: written as times they would have a calendar"
            found.append(f"{why}; so there are {len(cut.periods)} batches of equal count (--batches)")
        gaps = [period.key for period, rows in zip(cut.periods, cut.sizes, strict=True) if not rows]
        if gaps:
            found.append(f"without rows, and counting for nobody: {listed(gaps, cut.said)}")
        if self.start is None and start > 1:
            found.append(f"the first model learns from {many(start, cut.said)}: fewer hold one class alone (--start)")
        if cut.every is None:
            found.append(lasting(read.table, cut))
        if read.task == "binary" and self.metric in (None, "accuracy"):
            found += one_sided(read.table.labels, self.label)
        return [*found, *undivided(read.table, cut)]

    def _past(self, read: Read, cut: Cut, start: int, threads: int) -> tuple[TablePast, Loss]:
        import numpy as np

        from retrain_platform.adapters.kept_scores import ScoreFiles
        from retrain_platform.adapters.learners import learner
        from retrain_platform.adapters.settings import settings
        from retrain_platform.replay.losses import DEFAULTS, loss_of
        from retrain_platform.replay.table_past import TablePast
        from retrain_platform.training.lightgbm import LightGBM

        recipe = LightGBM(rounds=self.trees)
        first = read.table.labels[: cut.places[min(start, len(cut.periods))]]
        numbers = first.astype(float) if read.task == "regression" else np.empty(0)
        loss = loss_of(self.metric or DEFAULTS[read.task], read.task, numbers)
        fits = learner(recipe, read.task, threads=threads)
        answers = ScoreFiles(settings().replays / "scores")
        made = f"{read.task}/{recipe.fingerprint()}"
        return TablePast(read.table, cut, fits, loss, made, self.trees, answers), loss


def _at_once(read: Read, cut: Cut, strategies: Sequence[Strategy]) -> int:
    """How many trainings go beside each other: small ones one a core, large ones one by one on all cores."""
    most = max(
        cut.places[cut_at + 1] - cut.places[strategy.first(cut_at)]
        for strategy in strategies
        for cut_at in range(len(cut.periods))
    )
    return max(1, min(cores(), SMALL // max(1, most * len(read.table.features.columns))))
