"""Detectors from outside, run over the stream that a history holds: policies stay pure and read what they said."""

from __future__ import annotations

from retrain_platform.policy.compose import leaves
from retrain_platform.policy.error_stream import ErrorStreamPolicy, stream
from retrain_platform.policy.history import Detected, History
from retrain_platform.steps.workshop import Workshop


def with_detected(shop: Workshop, known: History) -> History:
    """The history with what the detectors say that the spec's policy names."""
    streams = [policy for policy in leaves(shop.spec.policy) if isinstance(policy, ErrorStreamPolicy)]
    asked = {policy.asked: policy for policy in streams if policy.detector != "cusum"}
    if not asked or known.champion is None:
        return known
    found = tuple(_detected(shop, known, policy) for policy in asked.values())
    return known.model_copy(update={"detected": found})


def _detected(shop: Workshop, known: History, policy: ErrorStreamPolicy) -> Detected:
    seen = stream(known, policy.watches)
    if shop.detect is None or seen is None:
        return Detected(asked=policy.asked, as_of=known.as_of, why=f"detector {policy.detector} is not joined here")
    try:
        places = shop.detect(policy.detector, policy.settings, seen.deviates)
    except RuntimeError as error:
        return Detected(asked=policy.asked, as_of=known.as_of, why=str(error))
    return Detected(asked=policy.asked, as_of=known.as_of, alarms=tuple(seen.days[place] for place in places))
