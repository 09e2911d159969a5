"""river's drift detectors over a stream; river is an extra, imported only when a policy names one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_CLASSES = {"adwin": "ADWIN", "page_hinkley": "PageHinkley", "kswin": "KSWIN"}


class DetectorMissing(RuntimeError):
    """The detector cannot be had here: what is missing, and what to do."""


def alarms(detector: str, settings: Mapping[str, float], deviates: NDArray[np.float64]) -> list[int]:
    """The places in `deviates` (shape (n,), standard normal where nothing changed) at which the detector alarms.

    ADWIN's bound is for values between 0 and 1: it is given the deviates' normal distribution function.

    Raises:
        DetectorMissing: river is not installed, or refuses `settings`.
    """
    found = _made(detector, settings)
    values = deviates
    if detector == "adwin":
        from scipy.special import ndtr

        values = ndtr(deviates)
    places = []
    for place, value in enumerate(values.tolist()):
        found.update(value)
        if found.drift_detected:
            places.append(place)
    return places


def _made(detector: str, settings: Mapping[str, float]) -> Any:
    try:
        from river import drift
    except ImportError as error:
        raise DetectorMissing(
            f"detector == {detector!r} is river's, not installed here: pip install 'retrain_platform[replay-peers]'"
        ) from error
    # YAML's 30.0 where river asks for a whole number; and KSWIN draws rows: the same ones every time.
    given: dict[str, Any] = {name: int(each) if float(each).is_integer() else each for name, each in settings.items()}
    if detector == "kswin":
        given.setdefault("seed", 0)
    try:
        return getattr(drift, _CLASSES[detector])(**given)
    except (TypeError, ValueError) as error:
        raise DetectorMissing(f"settings == {dict(settings)}, must be those of river's {detector}: {error}") from error
