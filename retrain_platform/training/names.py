"""Names of metrics, parameters and tags as a tracking server and a registry take them."""

from __future__ import annotations

import re
from collections.abc import Iterable

_REFUSED = re.compile(r"[^\w\-. :/]")


def recorded_name(name: str) -> str:
    """The name with _at_ for @, as `ndcg@10` has it, and _ for any other sign that MLflow refuses.

    >>> recorded_name("exam_ndcg@10"), recorded_name("by.JFK|EWR")
    ('exam_ndcg_at_10', 'by.JFK_EWR')
    """
    return _REFUSED.sub("_", name.replace("@", "_at_"))


def must_be_recorded_names(names: Iterable[str]) -> None:
    """Refuse what no registry takes.

    Raises:
        ValueError: a name that `recorded_name` would change.
    """
    wrong = next((name for name in names if recorded_name(name) != name), None)
    if wrong is not None:
        raise ValueError(f"name of a tag == {wrong!r}, must be as recorded_name has it: {recorded_name(wrong)!r}")
