"""The presets that fit a history, as policies by name: what a domain's habits would have come to on it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pydantic import TypeAdapter

from retrain_platform.policy.compose import Policy
from retrain_platform.policy.presets import DOMAINS, RISKS, Preset
from retrain_platform.policy.waiting import shortest_cadence
from retrain_platform.replay.prefix import Setting
from retrain_platform.replay.walked import Named

_FAMILY: TypeAdapter[Any] = TypeAdapter(Policy)


def presets(setting: Setting, taken: Collection[str] = ()) -> list[Named]:
    """Every preset whose own cadence labels can follow here, and comes round at least once; but for names `taken`.

    Domains whose presets are the same policy share one name.
    """
    delay = setting.road.delay * setting.length
    least, most = shortest_cadence(setting.length, delay), len(setting.road.decisions) * setting.length
    named: dict[str, tuple[Any, list[str]]] = {}
    for risk in RISKS:
        for domain in DOMAINS:
            preset = Preset(domain=domain, risk=risk)
            if not least <= preset.usual <= most:
                continue
            policy = _FAMILY.validate_python(preset.resolved(setting.length, delay, setting.loss.metric))
            named.setdefault(policy.fingerprint(), (policy, [f"preset {risk} risk:"]))[1].append(domain)
    found = [Named(f"{words[0]} {', '.join(words[1:])}", policy) for policy, words in named.values()]
    return [each for each in found if each.name not in taken]
