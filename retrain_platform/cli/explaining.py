"""What `retrain check` tells of a sound spec."""

from __future__ import annotations

import yaml

from retrain_platform.spec import ModelSpec


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
