"""What the gateway logged is all that monitoring needs: events, labels, who answered, and how it went."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from retrain_platform.adapters.log_tables import LogTables
from retrain_platform.adapters.measure_tables import read_measures
from retrain_platform.adapters.recorded_table import RecordedTable
from retrain_platform.adapters.sources import SourceReader
from retrain_platform.dataset.period import Period
from retrain_platform.gateway.lines import AnswerLine, FeedbackLine, Line
from retrain_platform.gateway.log.collector import Collector
from retrain_platform.gateway.log.evidence import Evidence
from retrain_platform.monitoring.measures import PeriodMeasures
from retrain_platform.monitoring.reports import PerformanceReport
from retrain_platform.replay.walk import walk
from retrain_platform.resources import Settings, here, reader_of
from retrain_platform.steps.values import Ingested, Scored
from retrain_platform.steps.workshop import Workshop
from retrain_platform_tests.gateway.traffic import JUDGED, write_segment
from retrain_platform_tests.steps.tiny import START, Places, decision, rows, tiny_spec

DAYS = 10
LOGGED = {
    "source": {"kind": "gateway", "entity": "who"},
    "predictions": {"kind": "gateway"},
    "label": {"column": "bad", "delay": "12h", "arrival": "labelled_at"},
    "release": {"shadow": "1d", "canary": [100], "bake": "1d", "not_worse_by": 0.2},
    "monitoring": {"min_segment": 20, "measures": [{"kind": "gateway"}]},
    "policy": {
        "kind": "any_of",
        "policies": [{"kind": "floor", "metric": "auc", "at_least": 0.95, "confirmed": False}],
        "cooldown": "4d",
        "screens": [{"measure": "latency_p95_ms", "above": 100}],
    },
}


class Traffic:
    """Clients of the registry's champion, and of a rule before the first one: what they send is logged."""

    def __init__(self, place: Path) -> None:
        self.place, self.shop = place, None
        spools = place / "gateway" / "spool"
        evidence = Evidence(f"sqlite:///{place / 'evidence.db'}", lambda model: JUDGED)
        self.collector = Collector(spools, evidence, LogTables(place / "lake"), lambda: 0)
        self.spools, self.scores = spools, {}
        self.served: set[str] = set()

    def read(self, period: Period) -> Any:
        if period.key not in self.served:
            self.served.add(period.key)
            write_segment(self.spools, f"a/w1-{len(self.served)}.jsonl", self._lines(period))
            self.collector.finish()
        return self.reader.read(period)

    def watermark(self) -> datetime | None:
        return START + timedelta(days=DAYS)

    @property
    def reader(self) -> SourceReader:
        assert self.shop is not None
        found = reader_of(self.shop.spec, Settings(home=self.place, ledger_url="", tracking_uri=""))
        assert isinstance(found, SourceReader)
        return found

    def _lines(self, period: Period) -> list[Line]:
        assert self.shop is not None
        frame = rows(period)
        version = self.shop.registry.aliases(self.shop.model).get("champion")
        rule = 1 / (1 + np.exp(-0.8 * frame["x"].to_numpy()))
        scores = rule if version is None else self.shop.fitted(version).score(frame)
        self.scores[period.key] = (version or "rules", frame["bad"].to_numpy(), scores)
        slow = 400.0 if period.key < "2024-01-04" else 4.0
        lines: list[Line] = []
        for place, row in enumerate(frame.itertuples()):
            answered = int(row.at.timestamp() * 1e6)
            fields = {"who": row.who, "x": row.x, "shop": row.shop}
            told = (version or "rules", "champion", 0, row.who, True, slow, float(scores[place]), None, fields)
            lines.append(AnswerLine("tiny", f"{period.key}-{place}", answered, *told))
            came = answered + 6 * 3_600_000_000
            lines.append(FeedbackLine("tiny", "label", came, f"{period.key}-{place}", known_at=came, value=row.bad))
        return lines


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workshop, Traffic]:
    place = tmp_path_factory.mktemp("home")
    spec, traffic = tiny_spec(**LOGGED), Traffic(place)
    at = Settings(home=place, ledger_url="", tracking_uri="")
    assert spec.predictions is not None
    recorded = RecordedTable(here(spec.predictions, spec, at), place, "UTC")
    table = here(spec.monitoring.measures[0], spec, at)
    measures = partial(lambda _, period: read_measures(place, "UTC", table, period))
    shop = replace(Places().shop(spec, traffic), recorded=recorded, measures=measures)  # type: ignore[arg-type]
    traffic.shop = shop  # type: ignore[assignment]
    for _ in walk(shop):
        pass
    return shop, traffic


def test_the_version_whose_answers_were_used_is_measured_by_the_labels_that_came_back(
    lived: tuple[Workshop, Traffic],
) -> None:
    shop, traffic = lived
    reports = shop.values.all(shop.model, "performance_report", PerformanceReport).values()
    told = {
        each.period: each for report in reports for each in report.measured if each.ripe and each.role == "champion"
    }
    assert {each.version for each in told.values()} >= {"existing", "1"}
    for key, each in told.items():
        version, labels, scores = traffic.scores[key]
        assert each.version == ("existing" if version == "rules" else version)
        assert each.metrics["auc"].value == pytest.approx(roc_auc_score(labels, scores))


def test_what_was_answered_is_what_the_version_answers(lived: tuple[Workshop, Traffic]) -> None:
    shop, _ = lived
    scored = shop.values.all(shop.model, "predictions", Scored)
    assert [each.problems for each in scored.values() if each.problems] == []
    assert all(sum(each.used.values()) == each.rows == 300 for each in scored.values())


def test_nothing_of_the_gateway_s_own_is_learned_from(lived: tuple[Workshop, Traffic]) -> None:
    shop, _ = lived
    assert shop.fitted("1").report.features == ("x", "shop")
    taken = shop.values.all(shop.model, "events", Ingested)["2024-01-03"]
    assert (taken.rows, taken.problems, taken.live) == (300, (), False)


def test_a_fall_in_a_period_of_slow_answers_is_not_believed(lived: tuple[Workshop, Traffic]) -> None:
    shop, _ = lived
    measured = shop.values.all(shop.model, "measures", PeriodMeasures)
    assert measured["2024-01-09"].value("latency_p95_ms", "1", "mean") == pytest.approx(4.0)
    assert measured["2024-01-09"].value("requests", None, "mean") == 300
    held, believed = decision(shop, "2024-01-04").finding.parts[0], decision(shop, "2024-01-05").finding.parts[0]
    assert held.verdict == "held back"
    assert "latency_p95_ms 400 in 2024-01-03, over 100" in held.sentence
    assert believed.verdict == "fired"
