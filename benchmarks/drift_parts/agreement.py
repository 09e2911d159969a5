"""How far our numbers are from exact ones on the same files.

    python agreement.py REFERENCE CURRENT OURS.json [--ks EXACT.json]     # prints one line of JSON

KS against `scipy.stats.ks_2samp`, from the peer's own run. PSI, JS, KL and chi-squared against a
direct computation from the raw values, in the bins that ours documents (`stats.bins`): texts and
small whole numbers have the very same bins, so only rounding may differ; other numbers have the
deciles of the values where ours has the ends of the grid's cells, so a cell's rows may differ too.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Columns = dict[str, dict[str, Any]]

BINS = 10
MOST_TEXTS = 50
LEAST_SHARE = 0.005


class Apart(NamedTuple):
    """The largest absolute difference over some columns, and which column has it."""

    what: str
    columns: int
    largest: float
    column: str


def exact_ks(ours: Columns, exact: dict[str, float]) -> list[Apart]:
    """The difference itself, and what is left of it beyond the bound that the report states."""
    known = [each for each in ours.values() if each["ks"] is not None and each["name"] in exact]
    apart = {each["name"]: abs(each["ks"] - exact[each["name"]]) for each in known}
    beyond = {each["name"]: max(0.0, apart[each["name"]] - (each["ks_bound"] or 0.0)) for each in known}
    return [_largest("KS, exact", apart), _largest("KS, exact, beyond the stated bound", beyond)]


def direct(ours: Columns, reference: str, current: str) -> list[Apart]:
    """Each measure of bins, by kind of column."""
    apart: dict[str, dict[str, float]] = {}
    for name, column in ours.items():
        numbers = column["kind"] != "category"
        past, now = (_counts_of_numbers if numbers else _counts_of_texts)(_read(reference, name), _read(current, name))
        for measure, computed in MEASURES.items():
            if column[measure] is not None:
                here = apart.setdefault(f"{measure}, direct, {column['kind']} columns", {})
                here[name] = abs(column[measure] - computed(past, now))
    return [_largest(what, each) for what, each in sorted(apart.items())]


def _read(path: str, name: str) -> Any:
    return pq.read_table(path, columns=[name]).column(0)


def _counts_of_numbers(reference: Any, current: Any) -> tuple[Floats, Floats]:
    """Below the reference's range, its deciles closed above, above its range, missing."""
    sides = [pc.drop_null(side).to_numpy().astype(np.float64) for side in (reference, current)]
    past = np.sort(sides[0])
    ends = past[np.ceil(len(past) * np.arange(1, BINS + 1) / BINS).astype(np.int64) - 1]
    edges = [np.nextafter(past[0], -np.inf), *ends]
    counted = [np.bincount(np.searchsorted(edges, side, side="left"), minlength=BINS + 2) for side in sides]
    return _with_missing(counted[0], reference), _with_missing(counted[1], current)


def _counts_of_texts(reference: Any, current: Any) -> tuple[Floats, Floats]:
    """The reference's frequent texts, all others, missing."""
    past, now = (
        {each["values"]: each["counts"] for each in pc.value_counts(side).to_pylist()} for side in (reference, current)
    )
    past.pop(None, None), now.pop(None, None)
    least = LEAST_SHARE * sum(past.values())
    common = [text for text in sorted(past, key=lambda text: (-past[text], text))[:MOST_TEXTS] if past[text] >= least]
    counted = [[*(side.get(text, 0) for text in common)] for side in (past, now)]
    full = [np.array([*own, sum(side.values()) - sum(own)]) for own, side in zip(counted, (past, now), strict=True)]
    return _with_missing(full[0], reference), _with_missing(full[1], current)


def _with_missing(counts: NDArray[np.int64], side: Any) -> Floats:
    return np.append(counts, side.null_count).astype(np.float64)


def _shares(past: Floats, now: Floats, added: float) -> tuple[Floats, Floats]:
    """Of the bins in use, `added` rows more in each."""
    used = past + now > 0
    before, after = past[used] + added, now[used] + added
    return before / before.sum(), after / after.sum()


def _psi(past: Floats, now: Floats) -> float:
    p, q = _shares(past, now, 0.5)
    return float(np.sum((q - p) * np.log(q / p)))


def _kl(past: Floats, now: Floats) -> float:
    p, q = _shares(past, now, 0.5)
    return float(np.sum(q * np.log(q / p)))


def _chi_squared(past: Floats, now: Floats) -> float:
    p, q = _shares(past, now, 0.5)
    return float(np.sum((q - p) ** 2 / p))


def _js(past: Floats, now: Floats) -> float:
    from scipy.spatial.distance import jensenshannon

    return float(jensenshannon(*_shares(past, now, 0.0)))


MEASURES: dict[str, Callable[[Floats, Floats], float]] = {
    "psi": _psi,
    "js": _js,
    "kl": _kl,
    "chi_squared": _chi_squared,
}


def _largest(what: str, apart: dict[str, float]) -> Apart:
    worst = max(apart, key=lambda name: apart[name], default="")
    return Apart(what, len(apart), apart.get(worst, float("nan")), worst)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("reference")
    parser.add_argument("current")
    parser.add_argument("ours", type=Path)
    parser.add_argument("--ks", type=Path, help="exact KS by column")
    chosen = parser.parse_args()
    ours = {each["name"]: each for each in json.loads(chosen.ours.read_text())["columns"]}
    found = exact_ks(ours, json.loads(chosen.ks.read_text())) if chosen.ks else []
    print(json.dumps([each._asdict() for each in (*found, *direct(ours, chosen.reference, chosen.current))]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
