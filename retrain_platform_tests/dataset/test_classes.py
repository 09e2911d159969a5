"""Names of classes: their order, their places, and models that know different ones side by side."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from retrain_platform.dataset.classes import among, class_names, class_places, ordered, top_class
from retrain_platform.dataset.events import arrange, known
from retrain_platform.dataset.label import LabelSpec
from retrain_platform.dataset.period import Calendar
from retrain_platform.dataset.source import Python

NAMES = st.lists(st.text("ab1-", max_size=3), max_size=12)


@given(NAMES)
def test_the_order_is_of_names_alone(names: list[str]) -> None:
    assert ordered(names) == ordered(reversed(names)) == ordered([*names, *names])
    assert set(ordered(names)) == set(names)


def test_whole_numbers_come_first_by_size() -> None:
    assert ordered(["10", "late", "-2", "9"]) == ("-2", "9", "10", "late")


@given(NAMES)
def test_every_label_is_at_its_place(names: list[str]) -> None:
    labels = np.array([*names, None], dtype=object)
    classes = class_names(labels)
    places = class_places(labels, classes)
    assert [classes[int(place)] for place in places[:-1]] == names
    assert np.isnan(places[-1])
    assert np.isnan(class_places(labels, ())).all()


def test_the_places_of_coded_labels_are_those_of_plain_ones() -> None:
    labels = pd.Series(["b", None, "a", "b"])
    np.testing.assert_array_equal(class_places(labels, ("a", "b")), [1, np.nan, 0, 1])
    np.testing.assert_array_equal(class_places(labels.astype("category"), ("a", "b")), [1, np.nan, 0, 1])
    assert class_names(labels.astype("category")) == ("a", "b")


def test_a_class_that_a_model_does_not_know_has_no_chance_from_it() -> None:
    scores = np.array([[0.2, 0.8], [0.7, 0.3]])
    np.testing.assert_array_equal(among(scores, ("a", "c"), ("a", "b", "c")), [[0.2, 0, 0.8], [0.7, 0, 0.3]])


def test_the_likeliest_class_is_the_first_of_equal_ones() -> None:
    scores = np.array([[0.5, 0.5], [0.1, 0.9], [np.nan, 1.0]])
    assert top_class(scores, ("a", "b")).tolist() == ["a", "b", None]
    assert top_class(np.empty((0, 2)), ("a", "b")).tolist() == []


def test_classes_keep_their_names_from_period_to_period() -> None:
    """A whole number that a missing neighbour made a float is the class that it was."""
    calendar = Calendar(every="week", start=date(2013, 1, 1), timezone="UTC")
    source = Python(call="a:b", event_time="at", entity="who")
    label = LabelSpec(column="grade", query=None)
    found = []
    for grades in ([1, 2, 3], [1.0, None, 3.0], ["1", None, "3"]):
        frame = pd.DataFrame({"at": ["2013-01-02"] * 3, "who": list("abc"), "grade": grades})
        arranged = arrange(
            frame, source=source, label=label, calendar=calendar, period=calendar.at(0), task="multiclass"
        )
        assert arranged.unlabelled == ()
        assert arranged.frame["grade"].tolist() == arranged.frame["_label"].tolist()
        found.append(known(arranged.frame, calendar.at(0).end)["_label"].tolist())
    assert found == [["1", "2", "3"], ["1", None, "3"], ["1", None, "3"]]
