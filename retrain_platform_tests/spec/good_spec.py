"""A good spec file, and what is told of it after some changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrain_platform.spec import SpecErrors, read_spec
from retrain_platform.spec.load import Problem

GOOD = """\
type: retrain_platform.RetrainedModel
attributes:
  name: churn
  owners: ["team:growth", ana@example.org]
  task: binary
  period: {every: week, start: "2024-01-01", timezone: Europe/Berlin}
  source:
    kind: files
    path: "{{ env.HOUSE }}/events/*.parquet"
    event_time: at
    entity: who
  label: {column: left, delay: 2d}
  segments: [country]
  policy:
    kind: any_of
    policies:
      - {kind: schedule, every: 4w}
      - {kind: performance, metric: auc, falls_by: 0.05, against: proven, dwell: 2w}
      - {kind: volume, new_ripe_rows: 1000}
  training: {kind: lightgbm, params: {num_leaves: 31}}
  validation:
    gates:
      - {kind: floor, metric: auc, at_least: 0.6}
  release: {shadow: 1w, canary: [50, 100]}
"""
ENV = {"HOUSE": "/house"}


def problems_of(folder: Path, *changes: tuple[str, str], text: str = GOOD) -> list[Problem]:
    """The mistakes of the good file after some changes."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    file = folder / "defs.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SpecErrors) as caught:
        read_spec(file, ENV)
    assert str(len(caught.value.problems)) in str(caught.value).split()[0]
    return list(caught.value.problems)


def line(of: str, text: str = GOOD) -> int:
    return text[: text.index(of)].count("\n") + 1
