"""What `retrain check` tells of a sound spec."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from retrain_platform.cli.screen import console, hush
from retrain_platform.spec import ModelSpec, SpecErrors
from retrain_platform.spec.problem import Problem, child, line_of, undotted


def further(spec: ModelSpec, path: Path, named: dict[str, Path]) -> None:
    """What only `retrain check` looks at: names of expectations, and a model's name given twice in `named`.

    Great Expectations takes seconds to import: only a spec with expectations of its own waits for it.

    Raises:
        SpecErrors: with every mistake.
    """
    node = child(yaml.compose(path.read_text(encoding="utf-8")), "attributes")
    problems = []
    before = named.setdefault(spec.name, path)
    if before != path:
        said = f"must be another name: {before} has it already"
        problems.append(Problem(str(path), line_of(node, ("name",)), "name", repr(spec.name), said))
    if spec.checks.expectations:
        from retrain_platform.adapters.great_expectations_gate import unknown_expectations

        hush()
        with console.status("asking Great Expectations"):
            wrong = unknown_expectations(spec.checks)
        problems += [_expectation(said, str(path), node) for said in wrong]
    if problems:
        raise SpecErrors(problems)


def _expectation(said: str, file: str, node: yaml.Node | None) -> Problem:
    """The gate's line 'expectations[0].type == X, must ...' put to its place in the file."""
    match = re.fullmatch(r"(\S+) == (.+?), (must .*)", said, re.DOTALL)
    field, value, cure = match.groups() if match else ("expectations", "", said)
    return Problem(file, line_of(node, ("checks", *undotted(field))), f"checks.{field}", value, cure)


def explained(spec: ModelSpec) -> str:
    """The whole spec as YAML, every default said."""
    text: str = yaml.safe_dump(spec.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    return text


def detectable_lines(spec: ModelSpec) -> list[str]:
    """The smallest fall that each stage of the release can tell, once there is history to say so."""
    from retrain_platform.adapters.file_values import FileValues
    from retrain_platform.release.evidence import detectable
    from retrain_platform.resources import settings
    from retrain_platform.steps.power import paired_error_a_period

    home = settings().home
    error = paired_error_a_period(FileValues(home / "values"), spec) if (home / "values").exists() else None
    if error is None:
        return ["what each stage can detect: known once a shadow has been scored for a ripe period"]
    length = spec.period.length()
    lines = []
    for stage, span in (("shadow", spec.release.shadow), ("canary step", length), ("bake", spec.release.bake)):
        periods = max(1, round(span / length))
        least = detectable(error, spec.plan, periods)
        lines.append(f"{stage} of {periods} ripe period(s) can tell a fall of {least:.4f} {spec.primary} from none")
    return lines
