"""river's detectors behind the adapter; a clear error where it is not installed."""

import sys

import numpy as np
import pytest

from retrain_platform.adapters.river_detectors import DetectorMissing, alarms

STEADY = np.random.default_rng(0).normal(size=150)
SHIFTED = np.concatenate([STEADY, np.random.default_rng(1).normal(3, 1, 60)])


class TestWithRiver:
    @pytest.mark.parametrize("detector", ["adwin", "page_hinkley", "kswin"])
    def test_a_shift_is_found_after_it_came_and_the_same_way_every_time(self, detector: str) -> None:
        settings = {"page_hinkley": {"threshold": 30.0, "min_instances": 30.0}, "kswin": {"alpha": 0.0001}}
        found = alarms(detector, settings.get(detector, {}), SHIFTED)
        assert found
        assert min(found) >= 150
        assert alarms(detector, settings.get(detector, {}), SHIFTED) == found

    def test_settings_that_river_refuses_are_told(self) -> None:
        with pytest.raises(DetectorMissing, match="must be those of river's adwin"):
            alarms("adwin", {"delt": 0.1}, STEADY)


def test_without_river_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "river", None)
    with pytest.raises(DetectorMissing, match="replay-peers"):
        alarms("adwin", {}, STEADY)
