"""What docs/notices.md shows can be written, and names every kind of notice and every path of the admin API."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from retrain_platform.gateway.office.admin import _ACTS
from retrain_platform.release.serving import GatewaySpec
from retrain_platform.spec.notify import SEVERITY, Notify

PAGE = (Path(__file__).parents[2] / "docs" / "notices.md").read_text(encoding="utf-8")
BLOCKS = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]


def test_its_sections_are_sound() -> None:
    notify, gateway = BLOCKS
    for target in notify["notify"]["targets"]:
        assert target["url"].startswith("{{ env.")
        target["url"] = "json://x"
    gateway["gateway"]["observed"]["url"] = "http://x"
    assert len(Notify.model_validate(notify["notify"]).targets) == 3
    found = GatewaySpec.model_validate(gateway["gateway"])
    assert [to.kind for to in found.exporters] == ["http_route", "folder", "python"]
    assert found.observed is not None


def test_every_kind_stands_in_its_table_with_its_severity() -> None:
    rows = {row[0]: row[2] for row in re.findall(r"^\| (.*?) \| (.*?) \| (.*?) \|$", PAGE, re.MULTILINE)}
    told = {kind: severity for kinds, severity in rows.items() for kind in re.findall(r"`(\w+)`", kinds)}
    lacking = {kind for kind in SEVERITY if SEVERITY[kind] not in told.get(kind, "")}
    assert lacking == set()


def test_every_act_is_named() -> None:
    assert all(path.rpartition("/")[2] in PAGE for path in _ACTS)
