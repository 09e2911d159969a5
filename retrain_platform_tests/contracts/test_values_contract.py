"""What every store of values does, run on the memory fake and on files."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from retrain_platform.dataset.record import Record
from retrain_platform.dataset.stores import Values


class Report(Record):
    number: float
    at: datetime = datetime(2013, 1, 1, tzinfo=UTC)
    parts: tuple[Report, ...] = ()


def test_a_value_comes_back_as_it_went_in(values: Values) -> None:
    given = Report(number=1.5, parts=(Report(number=2), Report(number=0.1)))
    values.put("m", "drift_report", "2013-01-01", "id1", given)
    assert values.get("m", "drift_report", "2013-01-01", "id1", Report) == given
    assert values.newest("m", "drift_report", "2013-01-01", Report) == given


def test_what_was_never_put_is_none(values: Values) -> None:
    values.put("m", "a", "p", "id", Report(number=1))
    assert values.get("m", "a", "p", "other", Report) is None
    assert values.get("m", "a", "q", "id", Report) is None
    assert values.newest("m", "b", "p", Report) is None
    assert values.newest_bytes("m", "a", "p") is None
    assert values.all("other", "a", Report) == {}


def test_a_new_id_becomes_the_newest_and_the_first_stays(values: Values) -> None:
    for number, id in enumerate(["z", "a", "m"]):
        values.put("m", "a", "p", id, Report(number=number))
    assert values.newest("m", "a", "p", Report) == Report(number=2)
    assert values.get("m", "a", "p", "z", Report) == Report(number=0)


def test_the_same_id_is_replaced_in_its_place(values: Values) -> None:
    values.put("m", "a", "p", "first", Report(number=1))
    values.put("m", "a", "p", "second", Report(number=2))
    values.put("m", "a", "p", "first", Report(number=9))
    assert values.newest("m", "a", "p", Report) == Report(number=2)
    assert values.get("m", "a", "p", "first", Report) == Report(number=9)


def test_more_values_than_the_number_has_digits_at_ten(values: Values) -> None:
    for number in range(12):
        values.put("m", "a", "p", f"id{number}", Report(number=number))
    assert values.newest("m", "a", "p", Report) == Report(number=11)


def test_all_has_the_newest_of_each_period_sorted(values: Values) -> None:
    for period, id, number in [("b", "1", 1), ("a", "1", 2), ("b", "2", 3), ("2013-01-01-00:00", "x", 4)]:
        values.put("m", "asset", period, id, Report(number=number))
    found = values.all("m", "asset", Report)
    assert {period: value.number for period, value in found.items()} == {"2013-01-01-00:00": 4, "a": 2, "b": 3}
    assert list(found) == sorted(found)


def test_bytes_have_a_newest_of_their_own(values: Values) -> None:
    values.put_bytes("m", "profile", "p", "1", b"\x00one")
    values.put_bytes("m", "profile", "p", "2", b"two")
    values.put_bytes("m", "profile", "p", "1", b"three")
    assert values.newest_bytes("m", "profile", "p") == b"two"
    assert values.newest("m", "profile", "p", Report) is None
    assert values.all("m", "profile", Report) == {}


def test_models_and_assets_do_not_meet(values: Values) -> None:
    values.put("m", "a", "p", "1", Report(number=1))
    values.put("n", "a", "p", "1", Report(number=2))
    values.put("m", "b", "p", "1", Report(number=3))
    assert values.all("m", "a", Report) == {"p": Report(number=1)}


def test_a_folder_is_made_kept_and_no_period(values: Values) -> None:
    folder = values.folder("m", "candidate_model", "id1")
    (folder / "model.txt").write_text("trees")
    assert (values.folder("m", "candidate_model", "id1") / "model.txt").read_text() == "trees"
    assert values.folder("m", "candidate_model", "id2") != folder
    values.put("m", "candidate_model", "p", "id1", Report(number=1))
    assert list(values.all("m", "candidate_model", Report)) == ["p"]


@pytest.mark.parametrize("id", ["with/slash", "with:colon", "with space", "ü%2F", "a-b-c", "a.json"])
def test_odd_ids_are_kept_apart(values: Values, id: str) -> None:
    values.put("m", "a", "p", id, Report(number=1))
    values.put("m", "a", "p", "plain", Report(number=2))
    assert values.get("m", "a", "p", id, Report) == Report(number=1)


@pytest.mark.parametrize("name", ["", "..", ".hidden"])
def test_names_that_leave_the_place_are_refused(values: Values, name: str) -> None:
    with pytest.raises(ValueError, match="name =="):
        values.put("m", "a", "p", name, Report(number=1))
    with pytest.raises(ValueError, match="name =="):
        values.put("m", name, "p", "id", Report(number=1))
    with pytest.raises(ValueError, match="name =="):
        values.folder("m", "a", name)
