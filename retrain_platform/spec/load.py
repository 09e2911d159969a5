"""From a `defs.yaml` to a `ModelSpec`, or to all that is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from retrain_platform.spec.checking import contradictions
from retrain_platform.spec.document import COMPONENT, parse
from retrain_platform.spec.model import ModelSpec
from retrain_platform.spec.problem import Problem, SpecErrors, dotted, line_of, undotted
from retrain_platform.spec.salvage import salvage
from retrain_platform.spec.wording import described

__all__ = ["COMPONENT", "Problem", "SpecErrors", "read_spec", "spec_from"]


def read_spec(path: Path, env: Mapping[str, str] = os.environ) -> ModelSpec:
    """The spec in the component file `path`, `{{ env.NAME }}` filled from `env`.

    Raises:
        SpecErrors: with every mistake of the file.
    """
    file = str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SpecErrors([Problem(file, 0, "the file", "", f"must be readable: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise SpecErrors([Problem(file, 0, "the file", "", f"must be text in UTF-8: {error}")]) from error
    document = parse(text, file, env)
    gaps = {dotted(gap) for gap in document.gaps}
    try:
        spec = spec_from(document.attributes, file, document.node)
    except SpecErrors as error:
        rest = [problem for problem in error.problems if problem.field not in gaps]
        raise SpecErrors([*document.problems, *rest]) from error
    if document.problems:
        raise SpecErrors(document.problems)
    return spec


def spec_from(attributes: Mapping[str, Any], file: str = "spec", node: yaml.Node | None = None) -> ModelSpec:
    """The spec that `attributes` describe; `node` is their YAML, for line numbers.

    Raises:
        SpecErrors: with every mistake: of single fields, and of sections that contradict each other.
    """
    try:
        spec = ModelSpec.model_validate(dict(attributes))
    except ValidationError as error:
        raise SpecErrors(_mistakes(attributes, file, node)) from error
    wrong = [
        Problem(file, line_of(node, undotted(field)), field, value, cure)
        for field, value, cure in contradictions(spec, lambda path: False)
    ]
    if wrong:
        raise SpecErrors(wrong)
    return spec


def _mistakes(attributes: Mapping[str, Any], file: str, node: yaml.Node | None) -> list[Problem]:
    """What is wrong with single fields, then what contradicts itself among those that stand."""
    mistakes, sections, remains = salvage(attributes)
    standing = ModelSpec.model_construct(**sections)
    found = described(mistakes, attributes, file, node)
    for field, value, cure in contradictions(standing, lambda path: remains.touched(undotted(path))):
        path = remains.original(undotted(field))
        if path not in remains.taken:
            found.append(Problem(file, line_of(node, path), dotted(path), value, cure))
    return found
