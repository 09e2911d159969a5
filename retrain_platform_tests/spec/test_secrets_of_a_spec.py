"""A literal secret is refused with its cure; one from the environment is never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrain_platform.cli.explaining import explained
from retrain_platform.dataset.secrets import revealed
from retrain_platform.spec import SpecErrors, read_spec
from retrain_platform_tests.spec.good_spec import ENV, GOOD, line, problems_of

FILES = 'kind: files\n    path: "{{ env.HOUSE }}/events/*.parquet"'
SECRET = "hunter2/Z"
HOUSE = {
    **ENV,
    "DB_URL": f"postgresql+psycopg://ana:{SECRET}@db/shop?sslpassword=two-{SECRET}",
    "PW": SECRET,
    "NOT_A_URL": SECRET,
}


def source(written: str) -> tuple[str, str]:
    assert FILES in GOOD
    return FILES, written


def sql(url: str, more: str = "") -> tuple[str, str]:
    return source(f'kind: sql\n    url: "{url}"\n    query: SELECT * FROM events{more}')


def delta(options: str) -> tuple[str, str]:
    return source(f"kind: delta\n    uri: s3://lake/events\n    options: {{{options}}}")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (sql("postgresql://ana:hunter2/Z@db/shop"), "source.url"),
        (sql("postgresql://ana@db/shop?password=hunter2/Z"), "source.url"),
        (sql("mssql+pyodbc:///?odbc_connect=DRIVER%3DX%3BPWD%3Dhunter2/Z"), "source.url"),
        (sql("postgresql://{{ env.USER }}:hunter2/Z@db/shop"), "source.url"),
        (sql("{{ env('NONE', 'postgresql://ana:hunter2/Z@db/shop') }}"), "source.url"),
        (sql("postgresql://ana:{{ env.PW or 'hunter2/Z' }}@db/shop"), "source.url"),
        (delta("AWS_SECRET_ACCESS_KEY: hunter2/Z"), "source.options.AWS_SECRET_ACCESS_KEY"),
        (delta("account_key: \"{{ env('NONE', 'hunter2/Z') }}\""), "source.options.account_key"),
        (delta('connection_string: "AccountName=a;AccountKey=hunter2/Z"'), "source.options.connection_string"),
        (delta("endpoint: https://ana:hunter2/Z@store"), "source.options.endpoint"),
        (("delay: 2d", "delay: 2d, api_token: hunter2/Z"), "label.api_token"),
        (("name: churn", "name: churn\n  password: hunter2/Z"), "password"),
    ],
)
def test_a_literal_secret_is_refused_with_its_cure_and_not_repeated(
    tmp_path: Path, change: tuple[str, str], field: str
) -> None:
    found = problems_of(tmp_path, change)

    (one,) = [problem for problem in found if problem.field == field]
    assert one.cure.startswith("must not be written in a spec")
    assert "{{ env.NAME }}" in one.cure
    assert one.line > line("name: churn")
    assert not any("hunter2" in str(problem) for problem in found)


@pytest.mark.parametrize(
    "change",
    [
        sql("{{ env.DB_URL }}"),
        sql("postgresql://ana:{{ env.PW }}@db/shop"),
        sql("postgresql://ana:{{ env['PW'] }}@db/shop?token={{ env('PW') }}"),
        sql("postgresql://reader@db/shop"),
        sql("sqlite:///shop.db", " WHERE token = 'x' AND password='y'"),
        delta('region: eu-west-1, secret_access_key: "{{ env.PW }}", timeout: 30s'),
        source('kind: asset\n    key: raw/events\n    path: "raw/key=5/*.csv"'),
        ("segments: [country]", "versions: {token: '2', key: '1'}"),
    ],
)
def test_what_comes_from_the_environment_or_is_no_secret_is_taken(tmp_path: Path, change: tuple[str, str]) -> None:
    file = tmp_path / "defs.yaml"
    file.write_text(GOOD.replace(*change), encoding="utf-8")

    spec = read_spec(file, HOUSE)

    for told in (explained(spec), repr(spec), str(spec), spec.model_dump_json(), spec.source.told()):
        assert SECRET not in told


def test_a_secret_reaches_its_reader_whole(tmp_path: Path) -> None:
    file = tmp_path / "defs.yaml"
    file.write_text(GOOD.replace(*sql("{{ env.DB_URL }}")), encoding="utf-8")
    assert read_spec(file, HOUSE).source.url.get_secret_value() == HOUSE["DB_URL"]  # type: ignore[union-attr]
    file.write_text(GOOD.replace(*delta('secret: "{{ env.PW }}", region: eu')), encoding="utf-8")
    read = read_spec(file, HOUSE).source
    assert revealed(read.options) == {"secret": SECRET, "region": "eu"}  # type: ignore[union-attr]
    assert read.model_dump(mode="json")["options"] == {"secret": "***", "region": "eu"}


@pytest.mark.parametrize(
    "change",
    [
        sql("{{ env.NOT_A_URL }}"),
        sql("{{ env.DB_URL }}", "\n    table: both"),
        source('kind: sqll\n    url: "{{ env.DB_URL }}"'),
        source('kind: sql\n    urll: "{{ env.DB_URL }}"\n    table: a'),
        source('kind: delta\n    uri: s3://a\n    options: ["{{ env.PW }}"]'),
        source('kind: delta\n    uri: s3://a\n    options: "{{ env.PW }}"'),
        source('kind: delta\n    uri: ["{{ env.DB_URL }}"]'),
        ("label:", 'monitoring: {measures: {kind: sql, url: "{{ env.DB_URL }}"}}\n  label:'),
        (
            "label:",
            'monitoring: {measures: [{kind: sq, url: "{{ env.DB_URL }}", table: {a: "{{ env.DB_URL }}"}}]}\n  label:',
        ),
    ],
)
def test_a_mistake_beside_a_filled_secret_does_not_repeat_it(tmp_path: Path, change: tuple[str, str]) -> None:
    file = tmp_path / "defs.yaml"
    assert change[0] in GOOD
    file.write_text(GOOD.replace(*change), encoding="utf-8")
    with pytest.raises(SpecErrors) as caught:
        read_spec(file, HOUSE)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
