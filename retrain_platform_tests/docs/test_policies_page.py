"""Every policy of docs/policies.md can be written in a spec, and every kind stands there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter

from retrain_platform.policy import POLICIES, Policy
from retrain_platform.policy.adaptive import AdaptivePolicy
from retrain_platform.policy.escalation import SHIPPED, EscalationPolicy
from retrain_platform.policy.event import EVENT_ACTIONS
from retrain_platform.policy.presets import Preset

PAGE = (Path(__file__).parents[2] / "docs" / "policies.md").read_text(encoding="utf-8")
FAMILY: TypeAdapter[Any] = TypeAdapter(Policy)


def written() -> list[Any]:
    blocks = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
    found = [one for block in blocks for one in (block if isinstance(block, list) else [block])]
    presets = [Preset.model_validate(one) for one in found if one["kind"] == "preset"]
    assert presets
    return [FAMILY.validate_python(one) for one in found if one["kind"] != "preset"]


def within(policy: Any) -> Iterator[Any]:
    yield policy
    for part in getattr(policy, "policies", ()):
        yield from within(part)


def test_every_kind_stands_there_with_an_example() -> None:
    assert {type(part) for policy in written() for part in within(policy)} == set(POLICIES)


def test_the_tables_are_the_shipped_ones() -> None:
    tables = {type(policy): policy for policy in written()}
    assert tables[AdaptivePolicy] == AdaptivePolicy(metric="auc")
    shown = tables[EscalationPolicy].rows
    assert [row.model_copy(update={"after": None}) for row in shown] == list(SHIPPED)


def test_every_event_asks_for_what_the_page_says() -> None:
    told = {
        kind: asks.strip()
        for kinds, asks in re.findall(r"^\| (`.+`) \| (\w+) \|$", PAGE, re.MULTILINE)
        for kind in re.findall(r"`(\w+)`", kinds)
    }
    assert told == {kind: action.value for kind, action in EVENT_ACTIONS.items()}
