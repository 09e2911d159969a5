"""Starting points by domain and risk, as ordinary policies."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from retrain_platform.dataset.duration import duration_text
from retrain_platform.policy import Policy, problems
from retrain_platform.policy.compose import leaves
from retrain_platform.policy.presets import DOMAINS, HABITS, RISKS, Preset

HOUR, DAY, WEEK, MONTH = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1), timedelta(days=28)


def policy_of(preset: Preset, period: timedelta = DAY, delay: timedelta = timedelta(0)) -> Any:
    return TypeAdapter(Policy).validate_python(preset.resolved(period, delay, "auc"))


@pytest.mark.parametrize("period", [HOUR, DAY, WEEK, MONTH])
@pytest.mark.parametrize("delay", [timedelta(0), 2 * DAY, 5 * WEEK])
def test_every_preset_is_a_policy_that_contradicts_nothing(period: timedelta, delay: timedelta) -> None:
    for domain in DOMAINS:
        for risk in RISKS:
            policy = policy_of(Preset(domain=domain, risk=risk), period, delay)
            assert problems(policy, period=period, label_delay=delay) == []


def test_every_domain_has_its_habit() -> None:
    assert list(HABITS) == list(DOMAINS)


@pytest.mark.parametrize("domain", DOMAINS)
def test_more_risk_listens_to_more(domain: Any) -> None:
    low, medium, high = (policy_of(Preset(domain=domain, risk=risk)) for risk in RISKS)
    kinds = [[each.kind for each in leaves(policy)] for policy in (low, medium, high)]
    assert kinds[0] == ["schedule"]
    assert {"schedule", "feature_drift", "performance"} <= set(kinds[1])
    assert {"schedule", "feature_drift", "new_categories", "escalation"} <= set(kinds[2])
    assert {policy.policies[0].every for policy in (low, medium, high)} == {HABITS[domain].every}
    assert (low.automatic_releases_a_month, medium.automatic_releases_a_month) == (None, None)
    assert high.automatic_releases_a_month == (2 if HABITS[domain].every >= 4 * WEEK else None)


def test_what_is_said_beside_domain_and_risk_stands_instead() -> None:
    said = {"every": "3w", "over": 0.4, "dwell": "10d", "falls_by_share": 0.03, "falls_for": "4d", "cooldown": "6d"}
    preset = Preset(domain="fraud", metric="accuracy", features=["a*"], automatic_releases_a_month=1, **said)
    policy = policy_of(preset, period=2 * DAY)
    schedule, drift, falls = policy.policies
    assert (schedule.every, policy.cooldown, policy.automatic_releases_a_month) == (3 * WEEK, 6 * DAY, 1)
    assert (drift.features, drift.method, drift.over, drift.dwell) == (("a*",), "kl", 0.4, 10 * DAY)
    assert (falls.metric, falls.falls_by_share, falls.dwell) == ("accuracy", 0.03, 4 * DAY)


def test_times_are_lifted_to_periods_in_which_labels_can_come() -> None:
    policy = policy_of(Preset(domain="spam", risk="medium"), period=WEEK, delay=10 * DAY)
    schedule, drift, falls = policy.policies
    assert (schedule.every, drift.dwell, falls.dwell) == (3 * WEEK, None, 2 * WEEK)


@pytest.mark.parametrize("name", ["over", "falls_by_share"])
def test_a_limit_where_risk_asks_for_none_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match=f"{name} == 0.2, must be left out at risk low"):
        Preset(domain="fraud", risk="low", **{name: 0.2})


@pytest.mark.parametrize(("name", "value"), [("falls_by_share", 0.15), ("falls_for", "2w")])
def test_a_fall_that_the_escalation_table_retrains_by_anyway_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=f"{name} == {value!r}, must be left out at risk high"):
        Preset(domain="fraud", risk="high", **{name: value})
    smaller = policy_of(Preset(domain="fraud", risk="high", falls_by_share=0.03, falls_for="2w"))
    [falls] = [each for each in leaves(smaller) if each.kind == "performance"]
    assert (falls.falls_by_share, falls.dwell) == (0.03, 2 * WEEK)


def test_the_table_of_the_documentation_holds_these_figures() -> None:
    text = (Path(__file__).parents[2] / "docs" / "policies.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| `(\w+)` \| (\w+) \| (\w+) over ([\d.]+)(?: for (\w+))? \| (\d+)%(?: for (\w+))? \|", text, re.M
    )
    told = {name: cells for name, *cells in rows}
    assert set(told) == set(DOMAINS)
    for domain, habit in HABITS.items():
        usual = habit.limits
        spans = ["" if span is None else duration_text(span) for span in (usual.dwell, usual.falls_for)]
        figures = [duration_text(habit.every), usual.method.upper(), f"{usual.over:g}", spans[0]]
        assert told[domain] == [*figures, f"{usual.falls_by_share * 100:g}", spans[1]]
