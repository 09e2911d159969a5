"""Two arms compared stratum by stratum of time, so that what changes for both at once tells nothing.

Of counts: each stratum conditional on its margins. Where one side's odds are `omega` times the other's, its hits follow
Fisher's noncentral hypergeometric distribution, whatever the base rate is; its likelihood ratios rise with the hits, so
one against odds ratio 1 is an e-value of all odds ratios up to 1, in each stratum its own. No rate is estimated.

Of means in [0, 1], or against a margin that is a difference: R. Turner and P. Grünwald, "Exact anytime-valid
confidence intervals for contingency tables and beyond", Statistics and Probability Letters 198 (2023). The alternative
of a stratum is made of the strata before it; it is divided by its projection onto the hypothesis, and the inequality of
the means makes that valid for every pair of rates there, other ones in each stratum. Values within [0, 1] count as hits
of the same sum: since the logarithm is concave, that is never more evidence than they are.

What is exact supposes that calls are independent given the strata. Where an entity's calls are alike, `effect`, the
design effect, divides the logarithm (a root of an e-value is one, by Jensen's inequality): for m calls that all go the
same way, `effect` m gives back about what one call would, as a quasi-likelihood does.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from retrain_platform.stats.evidence import Floats, mixture

ODDS = (1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)
"""The odds ratios of the mixture: small ones for many calls, large ones for few."""
DIFFERENCES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4)
"""The differences of means of the mixture."""
_LEAST_BEFORE = 20.0
"""So many observations of earlier strata make an alternative; before that a stratum says nothing."""
_HALVINGS = 40


class Arms(NamedTuple):
    """Hits (or sums within [0, n]) and observations of the version and of its control by stratum, shape (strata,)."""

    hits: Floats
    n: Floats
    other_hits: Floats
    other_n: Floats

    def mirrored(self) -> Arms:
        """The sides changed."""
        return Arms(self.other_hits, self.other_n, self.hits, self.n)

    def missed(self) -> Arms:
        """What was no hit counts."""
        return Arms(self.n - self.hits, self.n, self.other_n - self.other_hits, self.other_n)


def log_e_more_often(arms: Arms, effect: float = 1.0) -> float:
    """Evidence that the version hits more often: against odds at most the control's in every stratum. Whole hits."""
    return mixture(log_odds_ratios(arms).sum(axis=0) / effect)


def log_odds_ratios(arms: Arms) -> Floats:
    """What each stratum adds for each of `ODDS`, shape (strata, odds); nothing where a margin is empty."""
    hits, n, other_hits, other_n = (np.rint(side).astype(np.int64) for side in arms)
    margins = np.stack([n, other_n, hits + other_hits], axis=1)
    kinds, of = np.unique(margins, axis=0, return_inverse=True)
    moments = np.array([_log_moments(*kind) for kind in kinds.tolist()]).reshape(-1, len(ODDS))
    found: Floats = hits[:, None] * _LOG_ODDS[None, :] - moments[of.reshape(-1)]
    return found


_LOG_ODDS = np.log(np.array(ODDS))


@lru_cache(maxsize=1 << 15)
def _log_moments(n: int, other_n: int, both: int) -> tuple[float, ...]:
    """log E[omega^X] for each of `ODDS`, X hypergeometric: `both` drawn of which `n` of n + `other_n` would be hits."""
    low, high = max(0, both - other_n), min(n, both)
    if low == high:
        return tuple((low * _LOG_ODDS).tolist())
    x = np.arange(low, high, dtype=np.float64)
    steps = np.log((n - x) * (both - x)) - np.log((x + 1) * (other_n - both + x + 1))
    weights = np.concatenate([[0.0], np.cumsum(steps)])
    weights -= weights.max()
    tilted = weights[None, :] + _LOG_ODDS[:, None] * (np.arange(low, high + 1) - low)
    tops = tilted.max(axis=1)
    sums = tops + np.log(np.exp(tilted - tops[:, None]).sum(axis=1))
    moments: Floats = sums - np.log(np.exp(weights).sum()) + low * _LOG_ODDS
    return tuple(moments.tolist())


def log_e_higher(arms: Arms, effect: float = 1.0) -> float:
    """Evidence that the version's mean is higher: against a mean at most the control's in every stratum."""
    base, told = _before(arms)
    total = np.zeros(len(DIFFERENCES))
    for place, difference in enumerate(DIFFERENCES):
        above = np.clip(base + difference / 2, 1e-6, 1 - 1e-6)
        below = np.clip(base - difference / 2, 1e-6, 1 - 1e-6)
        between = (arms.n * above + arms.other_n * below) / np.maximum(arms.n + arms.other_n, 1)
        between = np.clip(between, 1e-6, 1 - 1e-6)
        total[place] = _ratio(arms, (above, below), (between, between))[told].sum()
    return mixture(total / effect)


def log_e_not_higher_by(arms: Arms, margin: float, effect: float = 1.0) -> float:
    """Evidence that the version's mean is not higher by `margin`: against higher by that or more in every stratum."""
    return float(log_margin_ratios(arms, margin).sum() / effect)


def log_margin_ratios(arms: Arms, margin: float) -> Floats:
    """What each stratum adds to the evidence of `log_e_not_higher_by`, shape (strata,)."""
    base, told = _before(arms)
    base = np.clip(base, 1e-6, 1 - 1e-6)
    low = _projected(arms, base, margin)
    found: Floats = np.where(told, _ratio(arms, (base, base), (low + margin, low)), 0.0)
    return found


def _before(arms: Arms) -> tuple[Floats, np.ndarray]:
    """The mean of both sides in the strata before each, smoothed, and where there was enough for one."""
    seen = np.concatenate([[0.0], np.cumsum(arms.n + arms.other_n)[:-1]])
    hits = np.concatenate([[0.0], np.cumsum(arms.hits + arms.other_hits)[:-1]])
    both = (arms.n > 0) & (arms.other_n > 0)
    return (hits + 0.5) / (seen + 1), (seen >= _LEAST_BEFORE) & both


def _projected(arms: Arms, base: Floats, margin: float) -> Floats:
    """The control's mean where the two sides' lie `margin` apart and nearest to `base` (by halving)."""
    low, high = np.zeros(len(base)), np.full(len(base), 1 - margin)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        above = middle + margin
        rises = arms.n * (base / above - (1 - base) / (1 - above))
        rises = rises + arms.other_n * (base / middle - (1 - base) / (1 - middle))
        low, high = np.where(rises > 0, middle, low), np.where(rises > 0, high, middle)
    between: Floats = np.clip((low + high) / 2, 1e-12, 1 - margin - 1e-12)
    return between


def _ratio(arms: Arms, means: tuple[Floats, Floats], null: tuple[Floats, Floats]) -> Floats:
    """The logarithm of each stratum's likelihood ratio of two pairs of means."""
    sides = ((arms.hits, arms.n), (arms.other_hits, arms.other_n))
    total = np.zeros(len(arms.n))
    for (hits, n), mean, other in zip(sides, means, null, strict=True):
        total = total + hits * np.log(mean / other) + (n - hits) * np.log((1 - mean) / (1 - other))
    return total


def difference(arms: Arms) -> tuple[float, float, float]:
    """The version's mean less the control's within strata, its standard error, and what number it is worth.

    Strata weigh by the harmonic mean of their sides, as Mantel and Haenszel's; nan where none was served by both.
    """
    both = (arms.n > 0) & (arms.other_n > 0)
    n, other_n = arms.n[both], arms.other_n[both]
    if not len(n):
        return float("nan"), float("nan"), 0.0
    weights = n * other_n / (n + other_n)
    found = float((weights * (arms.hits[both] / n - arms.other_hits[both] / other_n)).sum() / weights.sum())
    variance = 0.0
    for hits, count in ((arms.hits[both], n), (arms.other_hits[both], other_n)):
        mean = (hits.sum() + 0.5) / (count.sum() + 1)
        variance += float((weights**2 * mean * (1 - mean) / count).sum())
    return found, float(np.sqrt(variance) / weights.sum()), float(weights.sum())
