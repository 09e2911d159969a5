"""score_predictor and health_predictor live through their first weeks, with the platform's own steps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import retrain_platform
from retrain_platform.adapters.delta_lake import DeltaLake
from retrain_platform.adapters.optuna_search import OptunaTuner
from retrain_platform.dataset.histories import Asked, rolled
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.replay.walk import walk
from retrain_platform.resources import reader_of
from retrain_platform.spec import ModelSpec, read_spec
from retrain_platform.steps.training.dataset import rows_of
from retrain_platform.steps.values import Ingested, Registered
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training.base import Candidate
from retrain_platform.training.ensemble import Ensemble
from retrain_platform.training.search import SearchReport
from retrain_platform_tests.steps.tiny import Places

MODELS = Path(retrain_platform.__file__).parent / "defs" / "models"


def walked(name: str, folder: Path, weeks: int) -> tuple[ModelSpec, Workshop]:
    """The model after so many weeks; its rows in a real lake."""
    spec = read_spec(MODELS / name / "defs.yaml")
    if isinstance(spec.training, Ensemble):  # so few weeks hold few rows
        spec = spec.model_copy(update={"training": spec.training.model_copy(update={"min_rows": 60})})
    shop = replace(Places().shop(spec, reader_of(spec)), lake=DeltaLake(folder), tuner=OptunaTuner())
    steps = [step.kind for step in walk(shop, spec.period.at(weeks - 1).key)]
    assert steps.count("watch") == weeks
    assert steps.count("retrain") == 1
    taken = shop.values.all(name, "events", Ingested).values()
    assert [value.problems + value.notes for value in taken] == [()] * weeks
    return spec, shop


def one(shop: Workshop, asset: str, kind: type) -> object:
    (found,) = shop.values.all(shop.model, asset, kind).values()
    return found


def knows_no_future(spec: ModelSpec, shop: Workshop) -> None:
    """Every rolling feature of every row, made anew from the whole lake, where whatever came later is there too."""
    whole = shop.lake.read(shop.events, shop.lake.periods(shop.events))
    made = rolled(whole, [whole], spec.features.rolling, Asked(spec.source.entity, spec.label))
    for name in spec.features.made:
        np.testing.assert_allclose(whole[name], made[name], rtol=1e-7, atol=1e-9)
    assert whole[list(spec.features.made)].notna().any().all()


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> tuple[ModelSpec, Workshop]:
    return walked("score_predictor", tmp_path_factory.mktemp("scores"), 6)


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> tuple[ModelSpec, Workshop]:
    return walked("health_predictor", tmp_path_factory.mktemp("health"), 7)


def test_the_score_predictor_is_searched_for_examined_and_registered(scored: tuple[ModelSpec, Workshop]) -> None:
    _, shop = scored
    search, ended = one(shop, "search", SearchReport), one(shop, "registered_model", Registered)
    assert isinstance(search, SearchReport)
    assert isinstance(ended, Registered)
    assert (len(search.folds), len(search.trials), search.ended) == (5, 8, "trials")
    assert ended.verdict == "passed", ended.sentence
    assert ended.version == "1"


def test_the_health_predictor_has_a_model_for_each_airport_and_an_anomaly_limit(
    healthy: tuple[ModelSpec, Workshop],
) -> None:
    _, shop = healthy
    candidate, ended = one(shop, "candidate_model", Candidate), one(shop, "registered_model", Registered)
    assert isinstance(candidate, Candidate)
    assert isinstance(ended, Registered)
    assert candidate.notes[0].startswith("models of their own by origin: EWR (")
    assert any("anomaly limit" in note for note in candidate.notes)
    assert ended.verdict == "passed", ended.sentence


@pytest.mark.parametrize("model", ["scored", "healthy"])
def test_their_rolling_features_know_no_future_and_their_outcomes_are_not_learned_from(
    model: str, request: pytest.FixtureRequest
) -> None:
    spec, shop = request.getfixturevalue(model)
    knows_no_future(spec, shop)
    made = one(shop, "training_dataset", DatasetSnapshot)
    assert isinstance(made, DatasetSnapshot)
    assert set(spec.features.made) <= set(made.features)
    assert not {"bad_share", "cancelled_share", "on_time_score", "unhealthy"} & set(made.features)
    rows = rows_of(shop, made)
    for name in made.features:
        if rows[name].dtype.kind == "f":
            assert abs(rows[name].corr(rows["_label"])) < 0.9, name


def test_nothing_of_their_specs_is_left_to_the_demo() -> None:
    for name in ("score_predictor", "health_predictor"):
        assert read_spec(MODELS / name / "defs.yaml").mode == "propose"
