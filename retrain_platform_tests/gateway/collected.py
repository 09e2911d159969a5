"""A gateway's folder that collectors come and go on, with what they made of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from deltalake import DeltaTable

from retrain_platform.adapters.bin_store import SqlBins
from retrain_platform.adapters.log_tables import LogTables
from retrain_platform.gateway.lines import AnswerLine, BesideLine, FeedbackLine, Line
from retrain_platform.gateway.log.collector import Collector
from retrain_platform.gateway.log.evidence import Evidence
from retrain_platform_tests.gateway.traffic import EVER, JUDGED, SECOND, START, as_counted, counted

KIND = {"served": AnswerLine, "beside": BesideLine, "feedback": FeedbackLine}


class Home:
    """A gateway's folder, and collectors that come and go on it."""

    def __init__(self, place: Path) -> None:
        self.place, self.now = place, START
        self.spools = place / "gateway" / "spool"
        self.url = f"sqlite:///{place / 'gateway' / 'evidence.db'}"

    def collector(self) -> Collector:
        evidence = Evidence(self.url, lambda model: JUDGED if model == "m" else None)
        return Collector(self.spools, evidence, LogTables(self.place / "lake"), lambda: self.now)

    def rows(self, name: str) -> list[dict[str, Any]]:
        place = self.place / "lake" / "m" / name
        if not place.exists():
            return []
        found: list[dict[str, Any]] = DeltaTable(place).to_pyarrow_table().to_pylist()
        return found

    def must_have(self, lines: list[Line]) -> None:
        """All of the lines, each once, in the tables and in the bins."""
        for name, kind in KIND.items():
            expected = Counter((line.id, line.at) for line in lines if isinstance(line, kind))
            rows = Counter((row["id"], int(row["at"].timestamp() * SECOND + 0.5)) for row in self.rows(name))
            assert rows == expected, name
        found, direct = as_counted(SqlBins(self.url).bins("m", *EVER)), counted(lines)
        assert {key: cell.get("rows") for key, cell in found.items()} == {
            key: cell.get("rows") for key, cell in direct.items()
        }
        assert sum(cell.get("labels", 0) for cell in found.values()) == sum(  # type: ignore[misc]
            cell.get("labels", 0)  # type: ignore[misc]
            for cell in direct.values()
        )

    def all(self, collector: Collector) -> None:
        """Let it take over all that there is, into the bins and the lake."""
        collector.round()
        self.now += 10 * SECOND
        collector.finish()
