"""Small values as files: one each, named by model, asset, period, number and id."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, unquote

from pydantic import ValidationError

from retrain_platform.adapters.atomic import locked, write_atomically
from retrain_platform.dataset.record import Record
from retrain_platform.dataset.stores import BrokenValue

V = TypeVar("V", bound=Record)
_Stamp = tuple[int, int, int]


class FileValues:
    """`Values` under `root`: `<model>/<asset>/<period>/<number>-<id>.json` (or `.bin`).

    The highest number is the newest. Files are replaced whole, so a reader sees a value or none.
    What was read stays in memory until the file's inode, time or size changes.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._cache: dict[tuple[Path, type[Record]], tuple[_Stamp, Record]] = {}

    def put(self, model: str, asset: str, period: str, id: str, value: Record) -> None:
        """Keep `value`; the same id again replaces it in place, a new id becomes the newest."""
        self._put(self._place(model, asset), period, f"{safe_name(id)}.json", value.model_dump_json().encode())

    def get(self, model: str, asset: str, period: str, id: str, as_type: type[V]) -> V | None:
        """The value with this id."""
        path = _numbered(self._place(model, asset) / safe_name(period)).get(f"{safe_name(id)}.json")
        return None if path is None else self._read(path, as_type)

    def newest(self, model: str, asset: str, period: str, as_type: type[V]) -> V | None:
        """The value put last for the period."""
        path = _newest(self._place(model, asset) / safe_name(period), ".json")
        return None if path is None else self._read(path, as_type)

    def all(self, model: str, asset: str, as_type: type[V]) -> dict[str, V]:
        """The newest of every period, by period, sorted."""
        place = self._place(model, asset)
        folders = [path for path in place.iterdir() if not path.name.startswith(".")] if place.is_dir() else []
        found = {unquote(folder.name): _newest(folder, ".json") for folder in folders}
        return {period: self._read(path, as_type) for period, path in sorted(found.items()) if path is not None}

    def put_bytes(self, model: str, asset: str, period: str, id: str, data: bytes) -> None:
        """As `put`, for a value with a compact form of its own."""
        self._put(self._place(model, asset), period, f"{safe_name(id)}.bin", data)

    def newest_bytes(self, model: str, asset: str, period: str) -> bytes | None:
        """The bytes put last for the period."""
        path = _newest(self._place(model, asset) / safe_name(period), ".bin")
        return None if path is None else path.read_bytes()

    def folder(self, model: str, asset: str, id: str) -> Path:
        """A local folder for files that belong to `id`; made if need be."""
        made = self._place(model, asset) / ".files" / safe_name(id)
        made.mkdir(parents=True, exist_ok=True)
        return made

    def _place(self, model: str, asset: str) -> Path:
        return self._root / safe_name(model) / safe_name(asset)

    def _put(self, place: Path, period: str, name: str, data: bytes) -> None:
        folder = place / safe_name(period)
        with locked(place / ".lock"):  # two writers must not take one number
            files = _numbered(folder)
            number = max((_number(path) for path in files.values()), default=0) + 1
            write_atomically(files.get(name, folder / f"{number:04d}-{name}"), data)

    def _read(self, path: Path, as_type: type[V]) -> V:
        status = path.stat()
        stamp = (status.st_ino, status.st_mtime_ns, status.st_size)
        standing = self._cache.get((path, as_type))
        if standing is not None and standing[0] == stamp and isinstance(standing[1], as_type):
            return standing[1]
        value = _parsed(path, as_type)
        self._cache[path, as_type] = (stamp, value)
        return value


def _parsed(path: Path, as_type: type[V]) -> V:
    try:
        return as_type.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise BrokenValue(
            f"{path} cannot be read as {as_type.__name__} ({where}: {first['msg']}): "
            "delete the file and materialise its partition again"
        ) from error


def safe_name(part: str) -> str:
    """`part` as one name of a file system; '/' and ':' are written as %2F and %3A.

    Raises:
        ValueError: for an empty part, or one that begins with a dot.
    """
    if not part or part.startswith("."):
        raise ValueError(f"name == {part!r}, must not be empty or begin with a dot")
    return quote(part, safe="")


def _numbered(folder: Path) -> dict[str, Path]:
    """The folder's values by their name without the number, in the order of their numbers."""
    if not folder.is_dir():
        return {}
    paths = sorted((path for path in folder.iterdir() if not path.name.startswith(".")), key=_number)
    return {path.name.partition("-")[2]: path for path in paths}


def _newest(folder: Path, ending: str) -> Path | None:
    paths = [path for path in _numbered(folder).values() if path.suffix == ending]
    return paths[-1] if paths else None


def _number(path: Path) -> int:
    return int(path.name.partition("-")[0])
