"""Models that others registered in the same MLflow: adopted without running their code, or refused with the cure."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import Result

from retrain_platform_tests.cli.commands import DAYS, SPEC, at_home, retrain, write_project
from retrain_platform_tests.steps.tiny import rows

ACTING = SPEC.replace("release: {", "gateway: {}\n  release: {").replace("not_worse_by: 0.05", "not_worse_by: 0.2")


def their_rows() -> pd.DataFrame:
    return pd.concat([rows(DAYS.at(day)) for day in range(2)], ignore_index=True)


def their_booster(frame: pd.DataFrame, objective: str = "binary") -> Any:
    """Trained elsewhere with pandas categories in an order of its own."""
    import lightgbm as lgb

    learned = frame[["x", "shop"]].assign(shop=pd.Categorical(frame["shop"], categories=["south", "north", "west"]))
    return lgb.train({"objective": objective, "verbosity": -1, "num_leaves": 7}, lgb.Dataset(learned, frame["bad"]), 10)


def their_pipeline(frame: pd.DataFrame) -> Any:
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    codes = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["shop"]), remainder="passthrough")
    return make_pipeline(codes, LogisticRegression()).fit(frame[["x", "shop"]], frame["bad"].astype(int))


def logged(uri: str, name: str, model: Any, save: Any, alias: str, **how: Any) -> None:
    """As another team registers a model of its own; MLflow's settings of this process stay as they are."""
    from mlflow import MlflowClient

    place = Path("theirs", name).absolute()
    save(model, str(place), pip_requirements=[], **how)
    client = MlflowClient(uri, uri)
    client.create_registered_model(name)
    client.set_registered_model_alias(name, alias, client.create_model_version(name, place.as_uri()).version)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A project that nobody has played, whose MLflow holds models of others; gives its address."""
    folder = tmp_path_factory.mktemp("project")
    write_project(folder, ACTING)
    with pytest.MonkeyPatch.context() as patch:
        at_home(patch, folder, columns=200, RETRAIN_ACTOR="ana")
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        home = Path(os.environ["RETRAIN_HOME"])
        home.mkdir(exist_ok=True)
        uri = f"sqlite:///{home / 'mlflow.db'}"
        _register_all(uri)
        yield uri


def _register_all(uri: str) -> None:
    import mlflow.lightgbm
    import mlflow.sklearn
    from mlflow.models import infer_signature
    from sklearn.linear_model import LogisticRegression

    frame = their_rows()
    asked, booster, pipeline = frame[["x", "shop"]], their_booster(frame), their_pipeline(frame)
    told = {"signature": infer_signature(asked, [0.5])}
    logged(uri, "trees", booster, mlflow.lightgbm.save_model, "prod", **told)
    logged(uri, "minutes", their_booster(frame, "regression"), mlflow.lightgbm.save_model, "prod")
    logged(uri, "safe", pipeline, mlflow.sklearn.save_model, "prod", serialization_format="skops", **told)
    logged(uri, "pickled", pipeline, mlflow.sklearn.save_model, "prod", serialization_format="cloudpickle", **told)
    wider = frame.assign(bad2=frame["bad"])[["x", "bad2"]]
    leaking, other = LogisticRegression().fit(wider, frame["bad"].astype(int)), infer_signature(wider, [1])
    logged(uri, "leaking", leaking, mlflow.sklearn.save_model, "prod", serialization_format="skops", signature=other)
    logged(uri, "tiny", booster, mlflow.lightgbm.save_model, "champion", **told)


def aliases(client: Any, name: str) -> dict[str, str]:
    return {alias: str(version) for alias, version in client.get_registered_model(name).aliases.items()}


def adopt(source: str, *more: str) -> Result:
    return retrain("adopt", "tiny", source, "--why", "ours since May", *more)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("models:/pickled@prod", "flavour == sklearn (cloudpickle), must be one that runs no code when it is loaded"),
        ("models:/minutes@prod", "objective == 'regression' of its trees, must be one of binary, cross_entropy"),
        ("models:/leaking@prod", "columns bad2 are read by the model, must be in the source"),
        ("models:/trees@nobody", "MODEL_URI == 'models:/trees@nobody', must be registered"),
        ("models:/trees/7", "MODEL_URI == 'models:/trees/7', must be registered"),
        ("trees@prod", "must be models:/NAME@ALIAS or models:/NAME/VERSION"),
        ("models:/tiny@champion", "alias champion of tiny stands on version 1, which others registered"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_cure_and_leaves_nothing(elsewhere: str, source: str, told: str) -> None:
    result = adopt(source)
    assert (result.exit_code, told in " ".join(result.output.split())) == (1, True), result.output
    assert json.loads(retrain("release", "history", "tiny", "--json").stdout) == []


class TestOneRoad:
    """In order: another team's champion of the same name is left alone, its model answers, ours take over from it."""

    @pytest.fixture(autouse=True)
    def _with_own_aliases(self, elsewhere: str) -> None:
        spec = Path("defs.yaml")
        text = spec.read_text(encoding="utf-8")
        if "our_champion" not in text:
            named = text.replace("release: {", "release: {aliases: {champion: our_champion}, ", 1)
            spec.write_text(named, encoding="utf-8")

    def test_the_first_one_answers_at_once_and_their_alias_stays(self, elsewhere: str) -> None:
        result = adopt("models:/trees@prod", "--seen-until", "2024-01-03", "--json")
        assert result.exit_code == 0, result.output
        adopted = json.loads(result.stdout)
        assert (adopted["source"], adopted["version"], adopted["flavour"]) == ("models:/trees/1", "2", "lightgbm")
        assert adopted["rows"] > 100
        assert adopted["apart"] <= 1e-9
        assert adopted["missing"] == ["a run: nothing tells of its data, code and metrics"]
        from mlflow import MlflowClient

        client = MlflowClient(elsewhere, elsewhere)
        assert aliases(client, "tiny") == {"champion": "1", "our_champion": "2"}
        assert aliases(client, "trees") == {"prod": "1"}
        assert json.loads(retrain("status", "--json").stdout)[0]["champion"] == "2"
        (change,) = json.loads(retrain("release", "history", "tiny", "--json").stdout)
        assert (change["who"], change["why"], change["aliases"]) == ("ana", "ours since May", {"our_champion": "2"})

    def test_again_it_is_the_same_version(self, elsewhere: str) -> None:
        result = adopt("models:/trees/1")
        assert result.exit_code == 1
        assert "models:/trees/1 was adopted already, as version 2 of tiny" in result.output

    def test_another_is_released_beside_it_and_told_what_nobody_said(self, elsewhere: str) -> None:
        result = adopt("models:/safe@prod")
        told = " ".join(result.output.split())
        assert result.exit_code == 0, result.output
        assert "models:/safe/1 (sklearn) is version 3 of tiny" in told
        assert "missing: what it learned from: taken as nothing after its release here" in told
        assert "goes into shadow" in told

    def test_the_road_goes_on_with_both(self, elsewhere: str) -> None:
        result = retrain("run", "tiny", "--until", "2024-01-03", "--json")
        assert result.exit_code == 0, result.output
        shown = json.loads(retrain("release", "show", "tiny", "--json").stdout)
        assert (shown["champion"], shown["open"]["version"]) == ("2", "3")
        from retrain_platform.cli.app import shop_of, spec_of

        shop = shop_of(spec_of("tiny"))
        scores = shop.lake.read(shop.predictions, ["2024-01-03"])
        frame = rows(DAYS.at(2)).sort_values("at")
        theirs = their_booster(their_rows()).predict(
            frame[["x", "shop"]].assign(shop=pd.Categorical(frame["shop"], categories=["south", "north", "west"]))
        )
        assert sorted(scores["champion"]) == pytest.approx(sorted(theirs), abs=1e-9)
        assert scores["shadow"].between(0, 1).all()

    def test_once_there_is_a_way_back_it_is_drilled_and_status_reminds_of_it(self, elsewhere: str) -> None:
        assert retrain("release", "drill", "tiny").output.strip() == "tiny: there is no version to go back to"
        assert retrain("run", "tiny", "--until", "2024-01-06").exit_code == 0
        (row,) = json.loads(retrain("status", "--json").stdout)
        assert row["champion"] == "3"
        reminder = "the way back to version 2 was never drilled; try it with: retrain release drill tiny"
        assert row["going_back"] == reminder
        drilled = retrain("release", "drill", "--json")
        assert drilled.exit_code == 0, drilled.output
        found = json.loads(drilled.stdout)["tiny"]
        assert (found["target"], found["problem"], found["smoke"], found["rows"]) == ("2", "", 20, 300)
        assert min(found["loaded"], found["scored"], found["switched"]) > 0
        assert json.loads(retrain("status", "--json").stdout)[0]["going_back"] is None
        assert not (Path(os.environ["RETRAIN_HOME"]) / "gateway" / "tiny" / "packages" / "99").exists()

    def test_a_person_goes_back_and_opens_what_had_ended(self, elsewhere: str) -> None:
        answers = retrain("release", "open", "tiny", "--version", "3", "--why", "again")
        assert (answers.exit_code, "version '3' answers already" in answers.output) == (1, True)
        assert retrain("release", "rollback", "tiny", "--why", "odd scores").exit_code == 0
        nothing = retrain("release", "clear", "tiny", "--why", "sound")
        assert nothing.exit_code == 1
        assert "no rows of version any are in quarantine; none are" in nothing.output
        theirs = retrain("release", "open", "tiny", "--version", "1", "--why", "ours")
        assert theirs.exit_code == 2
        assert "retrain adopt tiny models:/tiny/1" in theirs.output
        opened = retrain("release", "open", "tiny", "--version", "3", "--why", "the feed was at fault")
        assert opened.exit_code == 0, opened.output
        assert "version 3 of decision adopted:safe:1 goes into shadow" in opened.output
        told = json.loads(retrain("release", "history", "tiny", "--newest", "2", "--json").stdout)
        assert [(each["what"], each["who"], each["why"]) for each in told] == [
            ("rolled_back", "ana", "odd scores"),
            ("opened", "ana", "the feed was at fault"),
        ]
