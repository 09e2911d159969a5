"""Whether shares are as they were set: sample-ratio mismatch, watched at every moment."""

from __future__ import annotations

import math

import numpy as np

from retrain_platform.stats.evidence import mixture

_CONCENTRATIONS = (10.0, 100.0, 1_000.0, 10_000.0)
"""How sure the mixture is of the set share: small finds large mismatches soon, large finds small ones late."""


def log_e_mismatch(drawn: int, total: int, share: float) -> float:
    """Evidence against each of `total` units falling to a side with chance `share` alone, `drawn` of them did.

    A beta-binomial against a binomial, with the beta's mean at `share`: M. Lindon and A. Malek, "Anytime-valid
    inference for multinomial count data", Advances in Neural Information Processing Systems 35 (2022); a mixture over
    how concentrated it is.

    Raises:
        ValueError: `share` outside of (0, 1), or `drawn` outside of [0, total].
    """
    if not 0 < share < 1:
        raise ValueError(f"share == {share}, must be > 0 and < 1")
    if not 0 <= drawn <= total:
        raise ValueError(f"drawn == {drawn}, must be within [0, {total}]")
    base = drawn * math.log(share) + (total - drawn) * math.log1p(-share)
    found = []
    for concentration in _CONCENTRATIONS:
        a, b = concentration * share, concentration * (1 - share)
        found.append(_log_beta(a + drawn, b + total - drawn) - _log_beta(a, b) - base)
    return mixture(np.array(found))


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
