"""A bare table as a past, whose entities are judged by what its models answered."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from retrain_platform.adapters.kept_scores import MemoryScores
from retrain_platform.replay.entities import GROUPS
from retrain_platform.replay.losses import loss_of
from retrain_platform.replay.matrix import Strategy
from retrain_platform.replay.reading import read
from retrain_platform.replay.table import in_batches
from retrain_platform.replay.table_past import TableEntities, TablePast
from retrain_platform.training.base import FitReport

ROWS = 240


class Mean:
    """A learner whose model answers the chance of a 1, of each class, or the mean, whatever the row."""

    def __init__(self, classes: bool) -> None:
        self.fits, self._classes = 0, classes

    def fit(self, train: Any, *, valid: Any = None, rounds: int | None = None) -> Any:
        self.fits += 1
        return Answering(train.labels, self._classes)

    def load(self, folder: Any) -> Any:
        raise NotImplementedError


class Answering:
    def __init__(self, labels: Any, classes: bool) -> None:
        names, counts = np.unique(labels, return_counts=True)
        self._chances = counts / counts.sum() if classes else float(np.mean(labels))
        known = tuple(map(str, names)) if classes else ()
        self.report = FitReport(rounds=1, features=("x",), importance={}, classes=known)

    def score(self, frame: pd.DataFrame) -> Any:
        return np.tile(self._chances, (len(frame), 1) if self.report.classes else len(frame))

    def save(self, folder: Any) -> None:
        raise NotImplementedError

    def fingerprint(self) -> str:
        return "mean"


def past_of(task: Any, metric: str, entity: str | None, answers: MemoryScores) -> tuple[TablePast, Mean, Any]:
    rng = np.random.default_rng(4)
    labels = {
        "binary": rng.integers(0, 2, ROWS),
        "multiclass": rng.choice(["plum", "pear", "fig"], ROWS, p=[0.5, 0.3, 0.2]),
        "regression": rng.normal(10, 2, ROWS),
    }[task]
    shops = [f"shop {place}" for place in rng.integers(0, 7, ROWS)]
    rows = read(pd.DataFrame({"at": range(ROWS), "x": 1.0, "shop": shops, "y": labels}), "at", "y", entity=entity).table
    learner = Mean(task == "multiclass")
    return TablePast(rows, in_batches(ROWS, 4), learner, loss_of(metric, task, labels), task, 1, answers), learner, rows


@pytest.mark.parametrize(
    ("task", "metric"), [("binary", "accuracy"), ("multiclass", "accuracy"), ("regression", "mae")]
)
def test_what_entities_add_is_how_the_loss_moves_as_their_rows_count_more(task: Any, metric: str) -> None:
    past, _, rows = past_of(task, metric, "shop", MemoryScores())
    whole = past.train(0, 1)(2)
    moved = TableEntities(past, [Strategy(name="all the past")]).moved(0, 1, 2)
    assert moved is not None
    assert moved.shape == (GROUPS,)
    assert moved.sum() == pytest.approx(0.0, abs=1e-12)
    groups = rows.groups[120:180]
    for group in np.unique(groups):
        # The loss is a mean over rows: with those of a group twice it is the mean of all and of the group's own.
        own = [place for place in range(60) if groups[place] == group]
        alone = _alone(past, own)
        assert moved[group] == pytest.approx(len(own) / 60 * (alone - whole))


def _alone(past: TablePast, own: list[int]) -> float:
    """The loss of the model of batches 0 and 1 over some rows of batch 2."""
    places = np.array(own) + 120
    table = past._table._replace(labels=past._table.labels.copy())
    part = table._replace(
        features=pd.concat([table.features.iloc[:120], table.features.iloc[places]], ignore_index=True),
        labels=np.concatenate([table.labels[:120], table.labels[places]]),
        groups=None,
    )
    cut = in_batches(180, 3)._replace(places=(0, 60, 120, 120 + len(own)))
    return TablePast(part, cut, Mean(table.labels.dtype == object), past._loss, "", 1).train(0, 1)(2)


def test_answers_are_kept_for_it_and_a_model_is_made_again_only_where_they_are_lost() -> None:
    kept = MemoryScores()
    past, learner, _ = past_of("binary", "accuracy", "shop", kept)
    past.train(0, 1)(2)
    first = past.moved(0, 1, 2)
    assert learner.fits == 1
    lost, again, _ = past_of("binary", "accuracy", "shop", MemoryScores())
    assert lost.moved(0, 1, 2) == pytest.approx(first)
    assert lost.moved(0, 1, 2) == pytest.approx(first)
    assert lost.moved(0, 1, 3) is not None
    assert again.fits == 1


def test_without_entities_nothing_is_kept_of_the_answers() -> None:
    class Refusing(MemoryScores):
        def put(self, training: str, period: str, answers: Any) -> None:
            raise AssertionError

    past, _, _ = past_of("binary", "accuracy", None, Refusing())
    assert np.isfinite(past.train(0, 1)(2))
    assert past.moved(0, 1, 2) is None
