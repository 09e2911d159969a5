"""The stores without a disk or a database: what tests hand to the steps, under the same contracts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree, rmtree
from tempfile import mkdtemp
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import finalize

from retrain_platform.adapters import clock
from retrain_platform.adapters.entries import entry_body, entry_time, refuse_moved
from retrain_platform.adapters.file_values import safe_name
from retrain_platform.adapters.known_versions import known_version, of_others, refuse_taken
from retrain_platform.dataset.record import Record
from retrain_platform.dataset.stores import UnknownTable, UnknownTableVersion
from retrain_platform.release.base import Entry
from retrain_platform.release.live.bins import Bin, merged
from retrain_platform.training.base import ModelVersion
from retrain_platform.training.names import must_be_recorded_names

if TYPE_CHECKING:
    import pandas as pd

V = TypeVar("V", bound=Record)


class MemoryLake:
    """`Lake` in memory; every version is kept. Types are those of the Arrow rows that a real lake holds."""

    def __init__(self) -> None:
        self._versions: dict[str, list[tuple[Any, dict[str, Any]]]] = {}

    def replace(self, table: str, period: str, frame: pd.DataFrame) -> int:
        """Make `frame` the whole content of the period; see `Lake`."""
        from retrain_platform.adapters.arrow_rows import arrow_rows, conform, merged_schema

        rows = arrow_rows(frame, table)
        versions = self._versions.get(table, [])
        standing, periods = versions[-1] if versions else (None, {})
        schema = merged_schema(standing, rows)
        content = conform(rows, schema, table)
        after = {key: part for key, part in periods.items() if key != period}
        if rows.num_rows:
            after[period] = content
        if standing is None or not schema.equals(standing, check_metadata=True) or after != periods:
            self._versions[table] = [*versions, (schema, after)]
        return len(self._versions[table]) - 1

    def read(
        self,
        table: str,
        periods: Sequence[str],
        *,
        columns: Sequence[str] | None = None,
        version: int | None = None,
        categories: bool = False,
    ) -> pd.DataFrame:
        """The rows of `periods`; see `Lake`."""
        from retrain_platform.adapters.arrow_rows import ROW, frame_of

        if table not in self._versions:
            raise UnknownTable(f"table == {table!r}, must be one that was written before")
        versions = self._versions[table]
        if version is not None and not 0 <= version < len(versions):
            raise UnknownTableVersion(f"version == {version} of table {table!r}, must be 0 to {len(versions) - 1}")
        schema, parts = versions[-1 if version is None else version]
        rows = [parts[period].drop_columns([ROW]) for period in periods if period in parts]
        return frame_of(rows, schema, columns, table, categories=categories)

    def version(self, table: str) -> int | None:
        """The newest version; None for a table never written."""
        return len(self._versions[table]) - 1 if table in self._versions else None

    def periods(self, table: str) -> list[str]:
        """The periods that have rows, sorted."""
        return sorted(self._versions[table][-1][1]) if table in self._versions else []


class MemoryValues:
    """`Values` in memory, kept as text as the files are; `folder` gives folders of one temporary place."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], dict[str, dict[str, bytes]]] = {}
        self._files = _temporary(self)

    def put(self, model: str, asset: str, period: str, id: str, value: Record) -> None:
        """Keep `value`; the same id again replaces it in place, a new id becomes the newest."""
        self._put(model, asset, period, f"{safe_name(id)}.json", value.model_dump_json().encode())

    def get(self, model: str, asset: str, period: str, id: str, as_type: type[V]) -> V | None:
        """The value with this id."""
        data = self._of(model, asset, period).get(f"{safe_name(id)}.json")
        return None if data is None else as_type.model_validate_json(data)

    def newest(self, model: str, asset: str, period: str, as_type: type[V]) -> V | None:
        """The value put last for the period."""
        data = self._newest(model, asset, period, ".json")
        return None if data is None else as_type.model_validate_json(data)

    def all(self, model: str, asset: str, as_type: type[V]) -> dict[str, V]:
        """The newest of every period, by period, sorted."""
        periods = sorted(self._kept.get((model, asset), {}))
        found = {period: self.newest(model, asset, period, as_type) for period in periods}
        return {period: value for period, value in found.items() if value is not None}

    def put_bytes(self, model: str, asset: str, period: str, id: str, data: bytes) -> None:
        """As `put`, for a value with a compact form of its own."""
        self._put(model, asset, period, f"{safe_name(id)}.bin", data)

    def newest_bytes(self, model: str, asset: str, period: str) -> bytes | None:
        """The bytes put last for the period."""
        return self._newest(model, asset, period, ".bin")

    def folder(self, model: str, asset: str, id: str) -> Path:
        """A local folder for files that belong to `id`; made if need be."""
        made = self._files / safe_name(model) / safe_name(asset) / safe_name(id)
        made.mkdir(parents=True, exist_ok=True)
        return made

    def _of(self, model: str, asset: str, period: str) -> dict[str, bytes]:
        return self._kept.get((model, asset), {}).get(period, {})

    def _put(self, model: str, asset: str, period: str, name: str, data: bytes) -> None:
        key = (safe_name(model) and model, safe_name(asset) and asset)
        self._kept.setdefault(key, {}).setdefault(safe_name(period) and period, {})[name] = data

    def _newest(self, model: str, asset: str, period: str, ending: str) -> bytes | None:
        kept = [data for name, data in self._of(model, asset, period).items() if name.endswith(ending)]
        return kept[-1] if kept else None


class MemoryLedger:
    """`Ledger` in memory."""

    def __init__(self, clock: Callable[[], datetime] = clock.now) -> None:
        self._clock = clock
        self._entries: dict[str, list[Entry]] = {}
        self._turn = RLock()

    def append(
        self,
        model: str,
        kind: str,
        key: str,
        as_of: datetime,
        *,
        body: dict[str, Any] | None = None,
        actor: str = "platform",
        why: str = "",
        expect: int | None = None,
    ) -> Entry:
        """Add an entry, or return the one that already has `key`; see `Ledger`."""
        moment, kept = entry_time(as_of), json.loads(entry_body(body))
        with self._turn:
            entries = self._of(model)
            standing = next((entry for entry in entries if entry.key == key), None)
            if standing is not None:
                return standing
            refuse_moved(model, expect, len(entries))
            entry = Entry(
                seq=len(entries) + 1,
                model=model,
                kind=kind,
                key=key,
                as_of=moment,
                at=self._clock().astimezone(UTC),
                actor=actor or "unattributed",
                why=why,
                body=kept,
            )
            entries.append(entry)
            return entry

    def entries(self, model: str) -> list[Entry]:
        """All entries of the model in order of `seq`."""
        with self._turn:
            return list(self._of(model))

    def models(self) -> list[str]:
        """Every model with an entry, sorted."""
        with self._turn:
            return sorted(model for model, entries in self._entries.items() if entries)

    def _of(self, model: str) -> list[Entry]:
        """The model's own list."""
        return self._entries.setdefault(model, [])


class MemoryBins:
    """`BinStore` in memory."""

    def __init__(self) -> None:
        self._kept: dict[str, dict[tuple[datetime, str, bool], Bin]] = {}
        self.complete: datetime | None = None

    def complete_until(self) -> datetime | None:
        """What was said of it; see `BinStore`."""
        return self.complete

    def add(self, model: str, bins: Sequence[Bin]) -> None:
        """Count these too."""
        kept = self._kept.setdefault(model, {})
        for each in bins:
            key = (each.start, each.version, each.answered)
            kept[key] = merged(kept[key], each) if key in kept else each

    def bins(self, model: str, since: datetime, until: datetime, versions: Sequence[str] = ()) -> list[Bin]:
        """The bins in [since, until); see `BinStore`."""
        found = sorted(self._kept.get(model, {}).items(), key=lambda item: item[0])
        return [
            each
            for (start, version, _), each in found
            if since <= start < until and (not versions or version in versions)
        ]


class MemoryRegistry:
    """`Registry` in memory; packages are copied to one temporary place."""

    def __init__(self) -> None:
        self._versions: dict[str, list[ModelVersion]] = {}
        self._aliases: dict[str, dict[str, str]] = {}
        self._files = _temporary(self)
        self._turn = Lock()

    def register(
        self, model: str, decision_id: str, package: Path, tags: Mapping[str, str], *, run_id: str | None = None
    ) -> ModelVersion:
        """Add a version from the folder `package`; see `Registry`. `run_id` has nothing to belong to here."""
        must_be_recorded_names(tags)
        with self._turn:
            standing = self.find(model, decision_id)
            if standing is not None:
                return standing
            versions = self._versions.setdefault(model, [])
            made = ModelVersion(model=model, version=str(len(versions) + 1), tags={**tags, "decision_id": decision_id})
            copytree(package, self._files / model / made.version)
            versions.append(made)
            return made

    def find(self, model: str, decision_id: str) -> ModelVersion | None:
        """The version registered for this decision."""
        return next((made for made in self.versions(model) if made.tags.get("decision_id") == decision_id), None)

    def versions(self, model: str) -> list[ModelVersion]:
        """All versions, oldest first; empty for an unknown model."""
        return list(self._versions.get(model, ()))

    def tag(self, model: str, version: str, tags: Mapping[str, str | None]) -> None:
        """Set tags of a version, or take them off; see `Registry`."""
        must_be_recorded_names(tags)
        with self._turn:
            made = known_version(version, model, self.versions(model))
            kept = {name: text for name, text in {**made.tags, **tags}.items() if text is not None}
            place = self._versions[model].index(made)
            self._versions[model][place] = made.model_copy(update={"tags": kept})

    def package(self, model: str, version: str) -> Path:
        """A local folder with what was registered; see `Registry`."""
        known_version(version, model, self.versions(model))
        return self._files / model / version

    def aliases(self, model: str) -> dict[str, str]:
        """Alias name to version; empty for an unknown model."""
        return dict(self._aliases.get(model, {}))

    def set_aliases(self, model: str, wanted: Mapping[str, str | None]) -> dict[str, str | None]:
        """Point each alias at a version, or take it off; see `Registry`."""
        before = self.aliases(model)
        changed = {alias: before.get(alias) for alias, to in wanted.items() if before.get(alias) != to}
        for alias in changed:
            to = wanted[alias]
            if to is not None:
                known_version(to, model, self.versions(model))
        taken = of_others(before, list(changed), self.versions(model))
        standing = {**before, **{alias: wanted[alias] for alias in changed if alias not in taken}}
        self._aliases[model] = {alias: to for alias, to in standing.items() if to is not None}
        refuse_taken(model, taken, before)
        return changed


def _temporary(owner: object) -> Path:
    """A folder that goes when its owner does."""
    made = Path(mkdtemp(prefix="retrain-memory-"))
    finalize(owner, rmtree, made, ignore_errors=True)
    return made
