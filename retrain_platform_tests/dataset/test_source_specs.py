import pytest
from pydantic import TypeAdapter, ValidationError

from retrain_platform.dataset.source import SOURCES, Asset, Source

ROWS = {"event_time": "at", "entity": "who"}
ADAPTER: TypeAdapter[Source] = TypeAdapter(Source)
ONE_OF_EACH = [
    {"kind": "files", "path": "events/*.parquet"},
    {"kind": "delta", "uri": "lake/events"},
    {"kind": "sql", "url": "sqlite:///shop.db", "query": "SELECT * FROM sales -- all\n;"},
    {"kind": "asset", "key": "raw/events", "path": "raw/*.csv"},
    {"kind": "python", "call": "shop.events:read"},
    {"kind": "gateway", "of": "shop"},
]


def test_every_member_is_read_by_its_kind_and_written_back() -> None:
    read = [ADAPTER.validate_python({**ROWS, **one}) for one in ONE_OF_EACH]
    assert [type(source) for source in read] == list(SOURCES)
    for source in read:
        assert ADAPTER.validate_json(source.model_dump_json()) == source


def test_an_asset_s_key_is_written_either_way() -> None:
    by_text = Asset(**ROWS, key="raw/events", uri="there")  # type: ignore[arg-type]
    by_list = Asset(**ROWS, key=["raw", "events"], uri="there")  # type: ignore[arg-type]
    assert by_text == by_list
    assert by_text.key == ("raw", "events")


@pytest.mark.parametrize(
    ("wrong", "cure"),
    [
        ({"kind": "files", "path": "events.xlsx"}, r"path == 'events.xlsx', must end in .parquet, .csv or .csv.gz"),
        ({"kind": "files", "path": "a.csv", "entity": "at"}, "must be another column than event_time"),
        ({"kind": "asset", "key": "a/b"}, "must be one of them: where the asset a/b writes"),
        ({"kind": "asset", "key": "a/b", "path": "a.csv", "uri": "b"}, "must be one of them"),
        ({"kind": "asset", "key": "a//b", "uri": "b"}, "should match pattern"),
        ({"kind": "python", "call": "shop.events.read"}, "must be 'package.module:function'"),
        ({"kind": "python", "call": "shop-events:read"}, "must be 'package.module:function'"),
        ({"kind": "kafka"}, "'files', 'delta', 'sql', 'asset', 'python', 'gateway'"),
        ({"kind": "delta", "uri": "lake", "tabel": 1}, "Extra inputs are not permitted"),
        ({"kind": "sql", "url": "shop.db", "table": "sales"}, "must be the address of a database, as in sqlite:///"),
        ({"kind": "sql", "url": "sqlite:///x"}, "query or table must be given, and only one of them: neither is"),
        ({"kind": "sql", "url": "sqlite:///x", "query": "DROP TABLE x"}, "must be one SELECT, or WITH"),
        ({"kind": "sql", "url": "sqlite:///x", "query": "SELECT 1", "table": "x"}, "both are"),
        ({"kind": "sql", "url": "sqlite:///x", "table": "a b"}, "should match pattern"),
    ],
)
def test_what_cannot_be_read_is_refused(wrong: dict[str, object], cure: str) -> None:
    with pytest.raises(ValidationError, match=cure):
        ADAPTER.validate_python({**ROWS, **wrong})
