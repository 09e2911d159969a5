"""What the measured suites of an exam ask of the rest of the spec."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from retrain_platform.spec.model import ModelSpec
from retrain_platform.spec.placed import Contradiction
from retrain_platform.validation import Behaviour, Cost, ExtraSet, Golden, Integration, Robustness


def suite_contradictions(spec: ModelSpec) -> Iterator[Contradiction]:
    """A suite that is measured once an exam can be asked for by one gate only."""
    gates = spec.validation.gates if "validation" in spec.__dict__ else ()
    for kind in (Integration, Cost):
        places = [place for place, gate in enumerate(gates) if isinstance(gate, kind)]
        for place in places[1:]:
            name = repr(kind.model_fields["kind"].default)
            yield f"validation.gates[{place}].kind", name, f"must be there once: gates[{places[0]}] asks for it already"


def measured_elsewhere(spec: ModelSpec) -> set[str]:
    """The fields that name a metric which their suite measures itself: the exam need not."""
    gates = spec.validation.gates if "validation" in spec.__dict__ else ()
    return {
        f"validation.gates[{place}].metric"
        for place, gate in enumerate(gates)
        if isinstance(gate, ExtraSet | Robustness)
    }


def suite_features(spec: ModelSpec) -> Iterator[tuple[str, str]]:
    """The features that behaviour tests change, by field."""
    for place, gate in enumerate(spec.validation.gates):
        for position, test in enumerate(gate.tests if isinstance(gate, Behaviour) else ()):
            yield f"validation.gates[{place}].tests[{position}].feature", test.feature


def suite_files(spec: ModelSpec) -> Sequence[tuple[str, str]]:
    """The tables that suites read, by field."""
    return [
        (f"validation.gates[{place}].path", gate.path)
        for place, gate in enumerate(spec.validation.gates)
        if isinstance(gate, Golden | ExtraSet)
    ]
