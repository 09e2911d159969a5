"""The shipped model with a gateway and a release that takes minutes instead of weeks, as a file of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from retrain_platform.demo.year import SPEC

_LABELS = {"kind": "labels", "must": "not_worse", "not_worse_by": 0.01}

LIVE: dict[str, Any] = {
    "staging": {"requests": 50},
    "shadow": {"time": "15s", "requests": 1000, "longest": "3m"},
    "rollout": {"kind": "canary", "steps": [20, 50, 100], "hold": "15s", "longest": "4m"},
    # Whoever is in a hurry: two seconds in shadow, then all of the traffic, on nobody's evidence.
    "expedited": {
        "shadow": {"time": "1s", "longest": "2s", "then": "go_on"},
        "rollout": {"kind": "blue_green"},
    },
    "bake": "30s",
    "settle": "1s",
    # Twice the shipped margin: half the calls show that so many more errors are not there.
    # Whether a slow laptop's 95th percentile moved is not this story's question; one that broke would still go back.
    "measures": [{"kind": "error_rate", "not_worse_by": 0.01}, {"kind": "latency", "must": "guard"}, _LABELS],
}
"""Days of a real plan as seconds, by the same rules and levels."""


def write_live_spec(home: Path) -> Path:
    """Write the file below `home`; gives its path."""
    document = yaml.safe_load(SPEC.read_text(encoding="utf-8"))
    attributes = document["attributes"]
    # A flight's fate is known seconds after its request, as the traffic here has it.
    attributes["label"]["delay"] = "0h"
    attributes["gateway"] = {"private": ["tailnum"], "ripe_after": "10s"}
    attributes["release"] = {"not_worse_by": 0.01, "live": LIVE}
    place = home / "flight_delay" / "defs.yaml"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return place
