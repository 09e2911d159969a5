"""The collector's transaction on PostgreSQL: the same bins, also of names that it cannot hold."""

from __future__ import annotations

from datetime import timedelta

import pytest

from retrain_platform.adapters.bin_store import SqlBins
from retrain_platform.gateway.lines import AnswerLine
from retrain_platform.gateway.log.evidence import Evidence
from retrain_platform_tests.gateway.traffic import EVER, JUDGED, START, as_counted, counted, reads, traffic

SEGMENT = "a/w1-1.jsonl"


def test_lines_make_the_same_bins_over_restarts(schema: str) -> None:
    lines = traffic(2)
    found = reads(lines)
    for until in (20, 90, len(found)):
        evidence = Evidence(schema, lambda model: JUDGED)
        evidence.fold(found[:until], {SEGMENT: found[until - 1].end}, START, until=EVER[1])
    bins, direct = as_counted(SqlBins(schema).bins("m", *EVER)), counted(lines)
    assert bins.keys() == direct.keys()
    for place, cell in direct.items():
        assert bins[place] == pytest.approx(cell)
    assert evidence.marks()[SEGMENT].folded == found[-1].end
    assert SqlBins(schema).complete_until() == EVER[1]


def test_a_client_s_name_with_a_zero_in_it_stops_nothing(schema: str) -> None:
    evidence = Evidence(schema, lambda model: JUDGED, remembered=1)
    lines = [AnswerLine("m", f"r{n}", START + n, "1", "champion", 7, "a\0b", score=0.5) for n in range(3)]
    found = reads(lines)
    evidence.fold(found, {SEGMENT: found[-1].end}, START)
    evidence.forget([SEGMENT], {"m": timedelta(days=1)}, EVER[0])
    assert sum(each.entities for each in SqlBins(schema).bins("m", *EVER)) == 1
    assert evidence.marks() == {}
