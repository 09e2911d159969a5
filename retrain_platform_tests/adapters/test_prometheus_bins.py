"""Live evidence from another system's counters: the same bins whoever serves, and nothing that they cannot tell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from retrain_platform.adapters.prometheus_bins import ObservedAway, PrometheusBins
from retrain_platform.release.live.bins import Bin, cell_end
from retrain_platform.release.observed import Prometheus
from retrain_platform.resources import settings, workshop
from retrain_platform_tests.adapters.prometheus import FakePrometheus, prometheus
from retrain_platform_tests.steps.tiny import tiny_spec

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
T = AT.timestamp()


@pytest.fixture
def server() -> Iterator[FakePrometheus]:
    with prometheus() as found:
        yield found


def store(server: FakePrometheus, **changed: Any) -> PrometheusBins:
    named = {"requests": 'served{model="m"}', "errors": 'failed{model="m"}', "latency": 'seconds_bucket{model="m"}'}
    return PrometheusBins(Prometheus(url=server.url, every="10s", **{**named, **changed}), now=lambda: AT)


def counts(server: FakePrometheus, name: str, version: str, *values: float, begin: float = T, **labels: str) -> None:
    """A counter that is scraped every ten seconds from `begin` on."""
    samples = [(begin + 10 * number, value) for number, value in enumerate(values)]
    server.scraped(name, {"model": "m", "version": version, **labels}, samples)


def read(server: FakePrometheus, seconds: int = 60, versions: tuple[str, ...] = (), **changed: Any) -> list[Bin]:
    return store(server, **changed).bins("m", AT, AT + timedelta(seconds=seconds), versions)


def test_requests_and_errors_are_those_between_two_scrapes_of_all_processes_together(server: FakePrometheus) -> None:
    counts(server, "served", "3", 100, 104, 104, 110, pod="a")
    counts(server, "served", "3", 7, 8, 9, 9, pod="b")
    counts(server, "failed", "3", 2, 2, 2, 3, pod="a")
    counts(server, "served", "4", 0, 1, 2, 3)
    found = {(each.version, (each.start - AT).seconds): (each.calls, each.rows, each.errors) for each in read(server)}
    assert found == {
        ("3", 0): (5, 5, 0),
        ("3", 10): (1, 1, 0),
        ("3", 20): (6, 6, 1),
        ("4", 0): (1, 1, 0),
        ("4", 10): (1, 1, 0),
        ("4", 20): (1, 1, 0),
    }
    assert all(each.answered for each in read(server))


def test_a_process_that_was_started_again_counts_from_nothing(server: FakePrometheus) -> None:
    counts(server, "served", "3", 100, 120, 5, 9)
    assert [each.calls for each in read(server)] == [20, 5, 4]


def test_a_process_that_is_first_seen_brings_no_past(server: FakePrometheus) -> None:
    counts(server, "served", "3", 5_000, 5_002, begin=T + 20)
    assert [((each.start - AT).seconds, each.calls) for each in read(server)] == [(20, 2)]


def test_scrapes_that_were_missed_are_counted_when_the_next_comes_and_once(server: FakePrometheus) -> None:
    server.scraped("served", {"model": "m", "version": "3"}, [(T - 60, 10), (T + 30, 40)])
    assert [((each.start - AT).seconds, each.calls) for each in read(server)] == [(20, 30)]


def test_latencies_stand_in_the_cell_of_their_bucket_s_upper_edge(server: FakePrometheus) -> None:
    counts(server, "served", "3", 0, 10)
    for edge, values in (("0.01", (0, 6)), ("0.1", (0, 9)), ("+Inf", (0, 10))):
        counts(server, "seconds_bucket", "3", *values, le=edge)
    (found,) = read(server)
    edges = [cell_end(cell) for cell in sorted(found.latency)]
    assert [found.latency[cell] for cell in sorted(found.latency)] == [6, 3, 1]
    assert edges[0] == pytest.approx(10, rel=0.06)
    assert edges[1] == pytest.approx(100, rel=0.06)
    assert 100 < edges[2] < 112


def test_buckets_of_several_processes_are_summed_before_they_are_told_apart(server: FakePrometheus) -> None:
    counts(server, "served", "3", 0, 4)
    for pod in "ab":
        for edge, values in (("0.01", (0, 1)), ("+Inf", (0, 2))):
            counts(server, "seconds_bucket", "3", *values, le=edge, pod=pod)
    (found,) = read(server)
    assert sorted(found.latency.values()) == [2, 2]


def test_what_metrics_cannot_tell_is_not_told(server: FakePrometheus) -> None:
    counts(server, "served", "3", 0, 10)
    (found,) = read(server, latency=None)
    assert (found.labels, found.entities, found.latency, found.feedback, found.against) == (0, 0, {}, {}, {})


def test_the_version_is_the_label_without_its_prefix_and_others_are_left(server: FakePrometheus) -> None:
    labels = [{"service": f"m-{name}"} for name in ("3", "4")] + [{"service": "other-3"}, {}]
    for each in labels:
        server.scraped("served", {"model": "m", **each}, [(T, 0), (T + 10, 1)])
    found = read(server, label="service", prefix="m-")
    assert [each.version for each in found] == ["3", "4"]
    assert [each.version for each in read(server, versions=("4",), label="service", prefix="m-")] == ["4"]


def test_a_span_reads_the_same_whether_at_once_or_in_parts(server: FakePrometheus) -> None:
    values = [float(number * number + 40 * number) for number in range(40)]
    counts(server, "served", "3", *values)
    whole = read(server, 360)
    bins = store(server)
    edges = [AT + timedelta(seconds=at) for at in (0, 70, 200, 360)]
    parts = [each for low, high in pairwise(edges) for each in bins.bins("m", low, high)]
    assert parts == whole
    assert sum(each.calls for each in whole) == values[36] - values[0]


def test_a_long_span_is_asked_for_in_parts_that_a_server_answers(server: FakePrometheus) -> None:
    store(server, latency=None).bins("m", AT - timedelta(days=3), AT)
    spans = [(float(each["end"]) - float(each["start"])) / float(each["step"]) for each in server.asked]
    assert len(spans) == 2 * 3
    assert max(spans) <= 10_000


def test_it_is_complete_until_the_lag_before_now(server: FakePrometheus) -> None:
    assert store(server, lag="45s").complete_until() == AT - timedelta(seconds=45)


def test_the_token_goes_along_and_is_told_nowhere(server: FakePrometheus) -> None:
    counts(server, "served", "3", 0, 1)
    read(server, token="s3cret")
    assert set(server.tokens) == {"Bearer s3cret"}
    server.answer = (401, b"no s3cret")
    with pytest.raises(ObservedAway) as caught:
        read(server, token="s3cret")
    assert "s3cret" not in str(caught.value)
    assert "it answered 401" in str(caught.value)


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (400, {"status": "error", "errorType": "bad_data", "error": "parse error: unexpected }"}, "parse error"),
        (503, {"status": "error", "error": "query timed out"}, "query timed out"),
        (200, {"status": "success", "data": {"resultType": "vector", "result": []}}, "no matrix"),
        (200, ["x"], "no object"),
    ],
)
def test_what_the_server_says_is_told(server: FakePrometheus, status: int, body: object, told: str) -> None:
    server.answer = (status, json.dumps(body).encode())
    with pytest.raises(ObservedAway, match=told):
        read(server)


def test_a_server_that_is_away_is_told_without_its_password() -> None:
    of = Prometheus(url="http://ana:hunter2@127.0.0.1:9", requests="r", errors="e")
    with pytest.raises(ObservedAway) as caught:
        PrometheusBins(of, now=lambda: AT).bins("m", AT, AT + timedelta(seconds=10))
    assert "hunter2" not in str(caught.value)
    assert "cannot be read: ConnectError" in str(caught.value)


@pytest.mark.parametrize("every", ["0s", "15s", "25s"])
def test_scrapes_must_fit_the_bins(every: str) -> None:
    with pytest.raises(ValidationError, match="must be 10s, 20s, 30s"):
        Prometheus(url="http://x", requests="r", errors="e", every=every)


def test_whoever_looks_at_a_model_that_others_serve_reads_what_it_is_judged_by(
    server: FakePrometheus, tmp_path: Path
) -> None:
    counts(server, "served", "3", 0, 5, 9)
    observed = {"url": server.url, "requests": "served", "errors": "failed", "every": "10s"}
    spec = tiny_spec(gateway={"observed": observed})
    shop = workshop(spec, settings({"RETRAIN_HOME": str(tmp_path / "home")}))
    assert [each.calls for each in shop.bins.bins("tiny", AT, AT + timedelta(seconds=60))] == [5, 4]
