"""What a version asks of a row: its features in order, and what each of them was when it learned."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

from retrain_platform.adapters.package_files import Package, read_package
from retrain_platform.dataset.preparation import Preparation

Kind = Literal["number", "category", "any"]
"""A number; a text, whole number or truth that is one of several; or whatever the user's own model takes."""


class Signature(NamedTuple):
    """`kinds` by feature, in the order in which the model takes them."""

    kinds: dict[str, Kind]

    @property
    def features(self) -> tuple[str, ...]:
        """The names, in order."""
        return tuple(self.kinds)


def signature_of(folder: Path, package: Package) -> Signature:
    """The signature of the package in the folder, by the preparation that it was fitted with.

    Raises:
        BadPackage: a member of an ensemble cannot be read.
    """
    if package.kind == "ensemble":
        members = sorted(place for place in folder.glob("members/*") if place.is_dir())
        return Signature(_of_members([read_package(place).preparation for place in members], package))
    if package.kind in ("lightgbm", "sklearn"):
        return Signature(_kinds(package.preparation))
    return Signature(dict.fromkeys(package.report.features, "any"))


def _kinds(preparation: Preparation) -> dict[str, Kind]:
    return {name: "category" if name in preparation.categories else "number" for name in preparation.features}


def _of_members(members: list[Preparation], package: Package) -> dict[str, Kind]:
    """A feature of which the members disagree is any: a segment may have been without a value of it."""
    found = [_kinds(member) for member in members]
    kinds: dict[str, Kind] = {}
    for name in package.report.features:
        each = {kinds_of.get(name, "any") for kinds_of in found}
        kinds[name] = each.pop() if len(each) == 1 else "any"
    return kinds
