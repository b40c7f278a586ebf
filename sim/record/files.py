"""Save and load a record.

``record.zip`` holds one raw little-endian array a column, ``names.json`` and
``meta.json``; stored, not compressed, and without dates, so that the same run gives
the same bytes on any machine and any Python. ``report/export`` writes the same record
for eyes and ``grep``.
"""

import json
import sys
import zipfile
from array import array
from pathlib import Path
from typing import Any

from sim.errors import RunFolderError
from sim.record.log import EventLog
from sim.record.rows import TYPECODES

FORMAT = 1


def save_record(path: Path, log: EventLog, meta: dict[str, Any]) -> None:
    """Write ``path`` (a zip): columns, names and ``meta`` (plain JSON data)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, column in log.columns.items():
            code = TYPECODES[name]
            _write(archive, f"{name}.{code}", _little_endian(code, column.tobytes()))
        _write(archive, "names.json", _json(log.names.texts))
        _write(archive, "meta.json", _json({"format": FORMAT, **meta}))


def load_record(path: Path) -> tuple[EventLog, dict[str, Any]]:
    """Return the log and the meta data of a saved record.

    Raises ``RunFolderError`` when the file is missing, damaged or of another format.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            meta = json.loads(archive.read("meta.json"))
            if meta["format"] != FORMAT:
                raise RunFolderError(
                    f"{path}: format {meta['format']}; this version reads {FORMAT}"
                )
            names = json.loads(archive.read("names.json"))
            columns = {
                name: _from_little_endian(code, archive.read(f"{name}.{code}"))
                for name, code in TYPECODES.items()
            }
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise RunFolderError(f"{path}: not a readable record ({error})") from error
    return EventLog.from_columns(columns, names), meta


def _write(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name), data)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode()


def _little_endian(code: str, data: bytes) -> bytes:
    if sys.byteorder == "little":
        return data
    swapped = array(code, data)
    swapped.byteswap()
    return swapped.tobytes()


def _from_little_endian(code: str, data: bytes) -> "array[int]":
    column: array[int] = array(code, data)
    if sys.byteorder == "big":
        column.byteswap()
    return column
