"""The registered version's own requests and answers, kept so that a gateway can see that it loaded the same model."""

from __future__ import annotations

import json

import numpy as np

from retrain_platform.adapters.answering import frame_of
from retrain_platform.steps.training.stored_requests import REQUESTS, kept_requests
from retrain_platform.steps.workshop import Workshop
from retrain_platform_tests.steps.suite_shops import walked
from retrain_platform_tests.steps.tiny import Places, Rows, tiny_spec


def shop_of(**changed: object) -> Workshop:
    return walked(Places().shop(tiny_spec(**changed), Rows(6)))


def test_every_registered_version_has_its_own_requests_and_answers() -> None:
    shop = shop_of(gateway={"private": ["shop"]})
    [made] = shop.registry.versions("tiny")
    place = kept_requests(shop.values, shop.registry, "tiny", made.version)
    assert place is not None
    kept = json.loads(place.read_text())
    assert len(kept["rows"]) == REQUESTS
    assert {row["shop"] for row in kept["rows"]} == {None}
    again = shop.fitted(made.version).score(frame_of(kept))
    np.testing.assert_array_equal(again, kept["answers"])
    examined = shop.load(place.parent / "exam").score(frame_of(kept))
    assert (examined != again).any()
    assert not list(shop.registry.package("tiny", made.version).rglob("*smoke*"))


def test_a_version_of_somebody_elses_has_none() -> None:
    places = Places()
    package = places.values.folder("tiny", "somewhere", "else")
    places.registry.register("tiny", "adopted", package, {})
    assert kept_requests(places.values, places.registry, "tiny", "1") is None
    assert kept_requests(places.values, places.registry, "tiny", "2") is None


def test_infinite_numbers_are_asked_as_missing_ones() -> None:
    def spoil(frame, period):  # type: ignore[no-untyped-def]
        return frame.assign(x=np.where(np.arange(len(frame)) % 2, np.inf, frame["x"]))

    shop = walked(Places().shop(tiny_spec(), Rows(6, spoil)))
    place = kept_requests(shop.values, shop.registry, "tiny", "1")
    assert place is not None
    kept = json.loads(place.read_text(), parse_constant=None)
    assert "Infinity" not in place.read_text()
    np.testing.assert_array_equal(shop.fitted("1").score(frame_of(kept)), kept["answers"])
