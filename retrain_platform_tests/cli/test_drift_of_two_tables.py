"""`retrain drift` on real files: what it prints, writes, refuses, and what it does not import."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer
from scipy import stats
from typer.testing import CliRunner

from retrain_platform.cli.drift import drift

ASKED = {
    "name", "kind", "rows_reference", "rows_current", "psi", "js", "kl", "ks", "ks_bound", "wasserstein", "chi_squared",
    "hellinger", "missing_reference", "missing_current", "new_category_share", "noise", "severity",
}  # fmt: skip


def customers(seed: int, moved: float = 0.0, rows: int = 3000) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": draw.normal(40 + 8 * moved, 10, rows).round(),
            "income": draw.lognormal(10, 0.5, rows),
            "country": draw.choice(["DE", "FR", "IT"], rows, p=[0.5, 0.3, 0.2]),
            "plan": draw.choice(["free", "pro", "team"], rows, p=[0.5, 0.5 - 0.3 * moved, 0.3 * moved]),
            "seen": pd.Timestamp("2025-01-01") + pd.to_timedelta(draw.integers(0, 86_400, rows), "s"),
        }
    )
    frame.loc[draw.random(rows) < 0.01 + 0.2 * moved, "income"] = np.nan
    return frame


@pytest.fixture
def tables(tmp_path: Path) -> tuple[Path, Path]:
    before, now = tmp_path / "before.parquet", tmp_path / "now.parquet"
    customers(1).to_parquet(before)
    customers(2, moved=1.0).to_parquet(now)
    return before, now


def run(*words: object) -> tuple[int, str]:
    alone = typer.Typer(pretty_exceptions_enable=False)
    alone.command()(drift)
    done = CliRunner(env={"COLUMNS": "300"}).invoke(alone, [str(word) for word in words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def test_the_json_has_every_measure_and_scipys_values(tables, tmp_path):
    target = tmp_path / "drift.json"
    code, said = run(*tables, "--json", target, "--segment", "country")
    assert code == 0
    assert f"written to {target}" in said
    report = json.loads(target.read_text())
    columns = {column["name"]: column for column in report["columns"]}
    assert all(set(column) >= ASKED for column in columns.values())
    before, now = (pd.read_parquet(path) for path in tables)
    for name in ("age", "income"):
        a, b = before[name].dropna(), now[name].dropna()
        exact = stats.ks_2samp(a, b).statistic
        assert columns[name]["ks"] - 1e-12 <= exact <= columns[name]["ks"] + columns[name]["ks_bound"] + 1e-12
        assert columns[name]["wasserstein"] == pytest.approx(stats.wasserstein_distance(a, b), rel=0.005)
    assert columns["plan"]["new_category_share"] == pytest.approx((now["plan"] == "team").mean())
    assert columns["income"]["missing_current"] == now["income"].isna().mean()
    assert columns["plan"]["ks"] is columns["age"]["new_category_share"] is None
    assert set(report["segments"]["country"]) == {"DE", "FR", "IT"}
    assert all(set(each) >= ASKED for each in report["segments"]["country"]["DE"])


def test_people_read_the_worst_first_in_plain_words(tables):
    code, said = run(*tables, "--segment", "country")
    lines = [
        line for line in said.split("by country")[0].splitlines() if line.startswith(("severe", "none", "low", "mod"))
    ]
    assert code == 0
    assert [line.split()[0] for line in lines] == sorted((line.split()[0] for line in lines), key=_rank)
    assert "new categories (team)" in said
    assert "missing 1" in said
    assert "as chance gives" in said


def _rank(severity: str) -> int:
    return ["severe", "moderate", "low", "none"].index(severity)


def test_the_page_has_a_plot_for_each_column(tables, tmp_path):
    target = tmp_path / "drift.html"
    assert run(*tables, "--html", target, "--segment", "country")[0] == 0
    page = target.read_text()
    for name in customers(1):
        assert f"<figure id='{name}'>" in page
    assert "2025-01-01" in page
    assert "PSI by country" in page
    assert "http" not in page.replace("http://www.w3.org", "")


def test_the_same_rows_in_another_format_say_the_same(tables, tmp_path):
    for path in tables:
        pd.read_parquet(path).to_csv(path.with_suffix(".csv"), index=False)
    answers = []
    for suffix in (".parquet", ".csv"):
        code, said = run(*(path.with_suffix(suffix) for path in tables), "--json", "-")
        assert code == 0
        report = json.loads(said)
        answers.append({column["name"]: (column["psi"], column["ks"]) for column in report["columns"]})
    assert answers[0] == answers[1]


def test_a_program_may_stop_on_severity(tables):
    assert run(*tables, "--fail-on", "severe")[0] == 1
    assert run(tables[0], tables[0], "--fail-on", "low")[0] == 0
    assert run(*tables, "--fail-on", "severe", "--limits", "20,30,40")[0] == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda frame: frame[["age"]].rename(columns={"age": "years"}), "no column in common"),
        (lambda frame: frame.iloc[:0], "has no rows"),
    ],
)
def test_what_cannot_be_compared_is_one_error(tables, tmp_path, change, said):
    other = tmp_path / "other.parquet"
    change(customers(3)).to_parquet(other)
    code, output = run(tables[0], other)
    assert code == 2
    assert said in output
    assert len(output.strip().splitlines()) == 1


def test_columns_that_are_not_the_same_are_lines_of_their_own(tables, tmp_path):
    other = tmp_path / "other.parquet"
    changed = (
        customers(3)
        .drop(columns="plan")
        .assign(age=lambda frame: frame["age"].astype(str), fresh=1, lists=[[1]] * 3000)
    )
    changed.assign(country=None).to_parquet(other)
    code, said = run(tables[0], other, "--json", "-")
    assert code == 0
    notes = {column["name"]: column["note"] for column in json.loads(said)["columns"]}
    assert notes["age"].startswith("changed its type: number (double) before, text (")
    assert notes["plan"] == "vanished: only the reference has it"
    assert notes["fresh"] == notes["lists"] == "new: only the current table has it"
    assert notes["country"] == "no value at all in the current table"


def test_a_corrupt_file_in_a_folder_is_named(tables, tmp_path):
    folder = tmp_path / "days"
    folder.mkdir()
    for day in range(3):
        customers(day).to_parquet(folder / f"{day}.parquet")
    whole = (folder / "1.parquet").read_bytes()
    (folder / "1.parquet").write_bytes(whole[: len(whole) // 2])
    code, said = run(tables[0], folder)
    assert code == 2
    assert str(folder / "1.parquet") in said
    assert "write it again or leave it out" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--limits", "3,2,1"], "must be three numbers over 0 that increase"),
        (["--limits", "soon"], "must be three numbers over 0 that increase"),
        (["--segment", "planet"], "--segment == 'planet', must be a column of"),
        (["--json", "/nowhere/drift.json"], "there is no folder /nowhere"),
    ],
)
def test_wrong_use_is_told_before_anything_is_read(tables, words, said):
    code, output = run(*tables, *words)
    assert code == 2
    assert said in output


def test_it_starts_without_what_it_does_not_need(tables):
    script = (
        "import sys; from retrain_platform.cli import main\n"
        f"sys.argv = ['retrain', 'drift', {str(tables[0])!r}, {str(tables[1])!r}]\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'dagster', 'mlflow', 'pandas', 'scipy', 'sklearn', 'lightgbm', 'sqlalchemy', 'great_expectations'}\n"
        "print('HEAVY', sorted(heavy & {name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "HEAVY []" in done.stdout
