"""Bins from the counters of a Prometheus server, for models that another system serves."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from retrain_platform.adapters import clock
from retrain_platform.dataset.secrets import without_secrets
from retrain_platform.release.live.bins import Bin, bin_start, latency_cell
from retrain_platform.release.observed import Prometheus

if TYPE_CHECKING:
    import httpx

_MOST_POINTS = 10_000
"""Of one series in one answer; a server refuses more than 11,000."""
_BEFORE = 10
"""So many scrapes before the first bin are read, too: a counter that missed some is told from one that began."""
_SECONDS = 20.0


class ObservedAway(RuntimeError):
    """The server cannot be read, or does not understand the query; without what is secret in its address."""


class Risen(NamedTuple):
    """By how much a series rose from `start` until the next scrape."""

    labels: Mapping[str, str]
    start: datetime
    by: float


class PrometheusBins:
    """`BinStore` over `/api/v1/query_range`. It tells requests, errors and latency of answers that were used.

    Of labels, feedback, entities and of what is scored beside a server of metrics knows nothing: those are 0, and what
    asks for them stays "not yet". A latency is told as the upper edge of its bucket, one beyond the last bucket as
    just over that. Requests before the first scrape of a new process are not counted. Nothing is kept here.
    """

    def __init__(self, of: Prometheus, *, now: Callable[[], datetime] = clock.now) -> None:
        self._of, self._now = of, now
        self._client: httpx.Client | None = None

    def bins(self, model: str, since: datetime, until: datetime, versions: Sequence[str] = ()) -> list[Bin]:
        """The bins in [since, until); see `BinStore`. The queries select the model, `model` is not asked.

        Raises:
            ObservedAway: the server is away or refuses a query.
        """
        seen: dict[tuple[datetime, str], dict[str, Any]] = defaultdict(lambda: {"latency": defaultdict(int)})
        for name, query in (("calls", self._of.requests), ("errors", self._of.errors)):
            for place, risen in self._by_version(query, since, until):
                seen[place][name] = seen[place].get(name, 0) + round(risen.by)
        if self._of.latency is not None:
            self._add_latency(seen, self._of.latency, since, until)
        return [
            Bin(start=start, version=version, answered=True, **_whole(found))
            for (start, version), found in sorted(seen.items())
            if not versions or version in versions
        ]

    def complete_until(self) -> datetime | None:
        """What is scraped and kept by now."""
        return self._now() - self._of.lag

    def _add_latency(
        self, seen: dict[tuple[datetime, str], dict[str, Any]], query: str, since: datetime, until: datetime
    ) -> None:
        """Count each bucket without those below it; buckets of one histogram differ by `le` alone."""
        grouped: dict[tuple[datetime, str], dict[float, float]] = defaultdict(lambda: defaultdict(float))
        for place, risen in self._by_version(query, since, until):
            grouped[place][_edge(risen.labels)] += risen.by
        for place, cumulative in grouped.items():
            edges, below = sorted(cumulative), 0.0
            for edge in edges:
                count = round(cumulative[edge] - below)
                if count > 0:
                    seen[place]["latency"][_cell(edge, edges)] += count
                below = max(below, cumulative[edge])

    def _by_version(self, query: str, since: datetime, until: datetime) -> Iterator[tuple[tuple[datetime, str], Risen]]:
        for risen in self._risen(query, since, until):
            named = risen.labels.get(self._of.label, "")
            if named.startswith(self._of.prefix) and (version := named.removeprefix(self._of.prefix)):
                yield (bin_start(risen.start), version), risen

    def _risen(self, query: str, since: datetime, until: datetime) -> Iterator[Risen]:
        step = self._of.every
        start = bin_start(since, step) - _BEFORE * step
        for from_, to in _stretches(start, until, step):
            for series in self._asked(query, from_, to):
                labels = {str(name): str(value) for name, value in series.get("metric", {}).items()}
                yield from (
                    each for each in _steps(labels, series.get("values", []), step) if since <= each.start < until
                )

    def _asked(self, query: str, start: datetime, end: datetime) -> list[Any]:
        import httpx

        of = self._of
        given = {"query": query, "start": start.timestamp(), "end": end.timestamp(), "step": of.every.total_seconds()}
        headers = {} if of.token is None else {"authorization": f"Bearer {of.token.get_secret_value()}"}
        url = f"{of.url.get_secret_value().rstrip('/')}/api/v1/query_range"
        try:
            self._client = self._client or httpx.Client(timeout=_SECONDS)
            return _result(self._client.post(url, data=given, headers=headers))
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            said = without_secrets(f"{type(error).__name__}: {error}")
            raise ObservedAway(f"{without_secrets(of.url.get_secret_value())} cannot be read: {said}") from None


def _result(answer: httpx.Response) -> list[Any]:
    """The series of the answer.

    Raises:
        ValueError: it is no matrix, or says what is wrong.
    """
    try:
        said = answer.json()
    except ValueError:
        raise ValueError(f"it answered {answer.status_code}, and no JSON") from None
    if not isinstance(said, dict) or said.get("status") != "success":
        told = said.get("error", "nothing") if isinstance(said, dict) else "no object"
        raise ValueError(f"it answered {answer.status_code}: {told}")
    if said.get("data", {}).get("resultType") != "matrix":
        raise ValueError("its answer is no matrix: the query must select counters as they are")
    return list(said["data"]["result"])


def _stretches(start: datetime, until: datetime, step: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """The span in parts that one answer may hold; each begins where the one before ends."""
    while start < until:
        end = min(start + _MOST_POINTS * step, bin_start(until, step) + step)
        yield start, end
        start = end


def _steps(labels: Mapping[str, str], values: Sequence[Any], step: timedelta) -> Iterator[Risen]:
    """By how much the counter rose from each sample to the next; one that fell began anew, and rose from 0."""
    read = [(float(at), float(value)) for at, value in values]
    sound = [(at, value) for at, value in read if math.isfinite(value)]
    for (_, before), (at, value) in pairwise(sound):
        by = value - before if value >= before else value
        if by > 0:
            yield Risen(labels, datetime.fromtimestamp(at, UTC) - step, by)


def _edge(labels: Mapping[str, str]) -> float:
    """The bucket's upper edge in seconds; one that says none holds everything."""
    try:
        return float(labels.get("le", "+Inf"))
    except ValueError:
        return math.inf


def _cell(edge: float, edges: Sequence[float]) -> int:
    """The cell of a bucket: its upper edge in milliseconds, for the last one just over the edge before."""
    if math.isfinite(edge):
        return latency_cell(edge * 1_000)
    finite = [each for each in edges if math.isfinite(each)]
    return latency_cell(finite[-1] * 1_000) + 1 if finite else 0


def _whole(found: Mapping[str, Any]) -> dict[str, Any]:
    calls = int(found.get("calls", 0))
    return {
        "calls": calls,
        "rows": calls,
        "errors": min(int(found.get("errors", 0)), calls),
        "latency": dict(found["latency"]),
    }
