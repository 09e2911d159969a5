"""The tables of known expectations against Great Expectations itself: what they vouch for, it takes."""

import subprocess
import sys
from importlib.metadata import version
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrain_platform.adapters import known_expectations as known
from retrain_platform.dataset.checks import Expectation

_VALUES: tuple[Any, ...] = (
    *("", "a", "b", "\\d[", None, True, False),
    *(-3, 0, 1, 2, 7, -0.5, 0.5, 1.0, 1e300, float("inf"), float("nan")),
    *([], ["a"], ["a", "b"], ["a", "a"], ["a", ""], [1, 2.5], [1, "a"], (1, 2), [None]),
)


def _fitting(argument: str) -> st.SearchStrategy[Any]:
    return st.sampled_from([value for value in _VALUES if known.ARGUMENTS[argument](value)])


_GIVEN = st.sampled_from(sorted(known.ASKED)).flatmap(
    lambda name: st.fixed_dictionaries(
        {argument: _fitting(argument) for argument in sorted(known.ASKED[name][0])},
        optional={argument: _fitting(argument) for argument in sorted(known.ASKED[name][1])},
    ).map(lambda arguments: Expectation(type=name, **arguments))
)


@pytest.fixture(scope="module")
def gxe() -> Any:
    import great_expectations.expectations as gxe

    return gxe


def test_the_tables_were_read_from_the_release_that_is_installed() -> None:
    assert version("great_expectations").startswith(f"{known.RELEASE}.")


@pytest.mark.parametrize("name", sorted(known.ASKED))
def test_arguments_are_those_of_the_expectation(name: str, gxe: Any) -> None:
    needed, further = known.ASKED[name]
    fields = getattr(gxe, name).__fields__
    assert needed | further <= set(fields)
    assert {field for field in fields if fields[field].required} <= needed
    assert needed | further <= set(known.ARGUMENTS)


@settings(max_examples=400, deadline=None)
@given(asked=_GIVEN)
def test_what_is_vouched_for_is_taken(asked: Expectation) -> None:
    import great_expectations.expectations as gxe

    if known.surely_suits(asked):
        getattr(gxe, asked.type)(**asked.arguments)


@pytest.mark.parametrize(
    ("wrong", "arguments"),
    [
        ("ExpectColumnValuesToBeInSets", {"column": "origin", "value_set": ["EWR"]}),
        ("ExpectColumnValuesToBeInSet", {"column": "origin"}),
        ("ExpectColumnValuesToBeInSet", {"column": "origin", "value_set": "EWR"}),
        ("ExpectColumnValuesToBeInSet", {"column": 3, "value_set": ["EWR"]}),
        ("ExpectColumnValuesToBeBetween", {"column": "distance"}),
        ("ExpectColumnValuesToBeBetween", {"column": "distance", "min_value": 9, "max_value": 1}),
        ("ExpectColumnValuesToBeBetween", {"column": "distance", "min": 1}),
        ("ExpectColumnValuesToNotBeNull", {"column": "distance", "mostly": 1.2}),
    ],
)
def test_what_may_be_wrong_is_not_vouched_for(wrong: str, arguments: dict[str, Any]) -> None:
    assert not known.surely_suits(Expectation(type=wrong, **arguments))


def test_another_release_is_asked_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Expectation(type="ExpectColumnValuesToNotBeNull", column="distance")
    assert known.surely_suits(asked)
    monkeypatch.setattr(known, "version", lambda name: "2.0.0")
    assert not known.surely_suits(asked)


def test_checking_the_shipped_models_does_not_import_great_expectations() -> None:
    code = (
        "import sys; from retrain_platform.adapters.great_expectations_gate import unknown_expectations as wrong; "
        "from retrain_platform.cli.app import specs_here; specs, _ = specs_here(); "
        "assert any(found.spec.checks.expectations for found in specs.values()); "
        "assert not any(wrong(found.spec.checks) for found in specs.values()); "
        "assert 'great_expectations' not in sys.modules"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
