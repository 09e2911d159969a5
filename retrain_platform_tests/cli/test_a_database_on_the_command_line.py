"""A model whose rows come from a database and whose features are joined: checked, run, and its password nowhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import create_engine

from retrain_platform.adapters.file_values import FileValues
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.steps.values import Ingested
from retrain_platform_tests.cli.commands import DAYS, LAST, SPEC, at_home, retrain
from retrain_platform_tests.steps.tiny import rows

SOURCE = 'source: {kind: files, path: "{{ env.ROWS }}/*.parquet", event_time: at, entity: who}'
SQL = """source:
    kind: sql
    url: "{{ env.DB_URL }}"
    query: SELECT sales.*, 'SELECT' AS word FROM sales
    event_time: at
    entity: who
    joins:
      - {kind: sql, url: "{{ env.DB_URL }}", table: credit, on: {who: customer}, available: since, within: 30d}
  features: {exclude: [word]}"""
PASSWORD = "hunter2-of-ana"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with a database of sales and of credit scores; SQLite takes no password and does not mind one."""
    folder = tmp_path_factory.mktemp("database")
    engine = create_engine(f"sqlite:///{folder / 'shop.db'}")
    pd.concat([rows(DAYS.at(day)) for day in range(7)]).to_sql("sales", engine, index=False)
    pd.DataFrame(
        {"since": ["2023-12-30", "2024-01-03 12:00"] * 60, "customer": [f"u{n}" for n in range(60) for _ in (1, 2)]}
    ).assign(score=range(120)).to_sql("credit", engine, index=False)
    engine.dispose()
    assert SOURCE in SPEC
    (folder / "defs.yaml").write_text(SPEC.replace(SOURCE, SQL), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        address = f"sqlite:///file:{folder / 'shop.db'}?uri=true&mode=ro&password={PASSWORD}"
        at_home(patch, folder, columns=200, DB_URL=address)
        yield folder


def test_check_holds_columns_against_the_database_and_explains_without_the_password(folder: Path) -> None:
    sound = retrain("check", "--explain")
    assert sound.exit_code == 0, sound.output
    assert "SELECT sales.*" in sound.output
    assert "password=***" in sound.output
    assert PASSWORD not in sound.output
    wrong = folder / "wrong.yaml"
    changed = SPEC.replace(SOURCE, SQL).replace("{who: customer}", "{whom: customer}").replace("[word]", "[wort]")
    wrong.write_text(changed.replace("column: bad", "column: bed"), encoding="utf-8")
    (told,) = json.loads(retrain("check", str(wrong), "--json").stdout)
    wrong.unlink()
    cures = {problem["field"]: problem["cure"] for problem in told["problems"]}
    assert set(cures) == {"source.joins[0].on", "label.column", "features.exclude[0]"}
    assert "did you mean who?" in cures["source.joins[0].on"]


def test_the_road_is_walked_and_the_password_is_nowhere(folder: Path) -> None:
    ran = retrain("run", "tiny", "--until", LAST)
    why = retrain("why", "tiny")
    assert ran.exit_code == 0, ran.output

    values = FileValues(folder / "home" / "values")
    read = values.all("tiny", "events", Ingested)
    assert all("score" in value.shape.columns for value in read.values())
    (made,) = values.all("tiny", "training_dataset", DatasetSnapshot).values()
    assert "score" in made.features
    (told,) = made.sources
    assert told.startswith("query SELECT sales.*, 'SELECT' AS word FROM sales at sqlite:///file:")
    assert "; joined with table credit at sqlite:///file:" in told

    kept = [path for path in (folder / "home").rglob("*") if path.is_file()]
    assert len(kept) > 20
    assert not [path for path in kept if PASSWORD.encode() in path.read_bytes()]
    assert PASSWORD not in ran.output + why.output


def test_a_table_that_is_gone_ends_the_run_in_one_sentence(folder: Path) -> None:
    spec = folder / "other" / "defs.yaml"
    spec.parent.mkdir()
    gone = SPEC.replace(SOURCE, SQL).replace("table: credit", "table: credits").replace("name: tiny", "name: other")
    spec.write_text(gone, encoding="utf-8")
    ran = retrain("run", str(spec), "--until", "2024-01-01")
    spec.unlink()
    spec.parent.rmdir()
    assert ran.exit_code == 1
    assert "source.joins[0].table == 'credits', must be a table that can be read: no such table: credits" in ran.output
    assert PASSWORD not in ran.output
