"""How one value is written: as a name, and in an error. Without pandas, for a gateway's worker needs it too."""

from __future__ import annotations

import numpy as np


def value_text(value: object) -> str:
    """One value's text, as `times.as_text` writes a whole column of them.

    A whole number is written without a decimal point.

    >>> value_text(12.0), value_text("JFK")
    ('12', 'JFK')
    """
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def shown(value: object) -> str:
    """A cell's value as an error shows it: texts in quotes, numbers without numpy's name around them."""
    return repr(value) if isinstance(value, str) else str(value)
