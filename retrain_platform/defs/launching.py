"""What a run asks of the machine that it is launched on, in the launchers' own words."""

from typing import Any

from retrain_platform.dataset.memory import memory_text
from retrain_platform.spec.operation import Resources

_UNITS = {"TiB": "Ti", "GiB": "Gi", "MiB": "Mi"}
"""Our units to those of Kubernetes."""


def launch_tags(asked: Resources) -> dict[str, Any]:
    """The tags of a job whose runs have what is asked for, wherever dagster-k8s launches them; none where nothing is.

    Requests and limits are the same, so that the run gets what was planned for and takes no more. Other launchers
    know nothing of the tag.
    """
    found: dict[str, str] = {}
    if asked.cpu is not None:
        found["cpu"] = str(asked.cpu)
    if asked.memory is not None:
        text = memory_text(asked.memory)
        found["memory"] = f"{text[:-3]}{_UNITS[text[-3:]]}"
    if asked.gpu is not None:
        found["nvidia.com/gpu"] = str(asked.gpu)
    if not found:
        return {}
    return {"dagster-k8s/config": {"container_config": {"resources": {"requests": found, "limits": found}}}}
