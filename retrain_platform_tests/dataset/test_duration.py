from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from retrain_platform.dataset.duration import Duration, duration_text, parse_duration


@given(st.integers(0, 10_000), st.sampled_from("hdw"))
def test_text_and_duration_are_each_other_s_inverse(number: int, unit: str) -> None:
    span = parse_duration(f"{number}{unit}")
    assert parse_duration(duration_text(span)) == span


@pytest.mark.parametrize("wrong", ["2 days", "1.5d", "-1d", "d", "", "2m", 3, None, -timedelta(days=1)])
def test_what_is_no_duration_is_refused_with_the_form_asked_for(wrong: object) -> None:
    with pytest.raises(ValueError, match="must be a whole number and h, d or w"):
        parse_duration(wrong)


def test_a_part_of_an_hour_has_no_text() -> None:
    with pytest.raises(ValueError, match="must be whole hours"):
        duration_text(timedelta(minutes=90))


def test_a_field_reads_text_and_writes_the_shortest() -> None:
    adapter = TypeAdapter(Duration)
    assert adapter.validate_python("168h") == timedelta(weeks=1)
    assert adapter.dump_python(timedelta(hours=48), mode="json") == "2d"
    with pytest.raises(ValidationError):
        adapter.validate_python("soon")
