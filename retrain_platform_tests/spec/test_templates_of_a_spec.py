"""Filling templates: what is set, what is not, and what a host project names."""

from __future__ import annotations

from typing import Any

import pytest

from retrain_platform.spec.template import filled

ENV = {"HOUSE": "/house", "CODE": "007", "EMPTY": ""}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("no template", "no template"),
        (7, 7),
        ("{{ env.HOUSE }}/in", "/house/in"),
        ("{{ env.CODE }}", "007"),
        ("{{ env.EMPTY }}", ""),
        ("{{ env('HOUSE') }}", "/house"),
        ("{{ env('NOWHERE', 'here') }}", "here"),
        ("{{ env.NOWHERE or 'here' }}", "here"),
        ("{{ leaks }}", ["arr_delay"]),
        ("{{ leaks[0] }}_x", "arr_delay_x"),
    ],
)
def test_a_template_takes_its_value(text: Any, found: Any) -> None:
    result = filled({"a": [{"b": text}]}, ENV, {"leaks": ["arr_delay"]})

    assert (result.attributes, result.gaps) == ({"a": [{"b": found}]}, {})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ env.HOUS }}", "must have HOUS set in the environment; did you mean HOUSE?"),
        ("{{ env.ONE }}/{{ env.TWO }}", "must have ONE, TWO set in the environment: export ONE=... TWO=..."),
        ("{{ env('ONE') }}", "must have ONE set in the environment: export ONE=..."),
        ("{{ leaks }}", "must be a template such as {{ env.NAME }}: 'leaks' is undefined"),
        ("x{{ leaks }}", "must be a template such as {{ env.NAME }}: 'leaks' is undefined"),
        ("{{ env.HOUSE", "must be a template such as {{ env.NAME }}: unexpected end of template"),
    ],
)
def test_a_template_that_cannot_be_filled_stays_and_says_why(text: str, said: str) -> None:
    result = filled({"a": [text]}, ENV, {})

    assert result.attributes == {"a": [text]}
    assert result.gaps[("a", 0)][0] == repr(text)
    assert said in result.gaps[("a", 0)][1]
