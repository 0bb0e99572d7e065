"""Known leak places as data: key → kind, label, who writes it.

The catalog names what stays behind.  It never decides what crosses: an entry
that is missing costs a name in the report and nothing else.

A table is a TOML file beside this module, a list of `[[place]]` with `key`
(exact, or with one `*` at its end), `kind`, `label` and optional `writer`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ..model import Kind


@dataclass(frozen=True, slots=True)
class Place:
    """A known place: what it gives away, in words of ours."""

    kind: Kind
    label: str
    writer: str = ""


UNKNOWN = Place(Kind.UNKNOWN, "not in the catalog")


@dataclass(frozen=True, slots=True)
class _Table:
    exact: dict[str, Place]
    prefixes: tuple[tuple[str, Place], ...]


@cache
def _table(name: str) -> _Table:
    rows = tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text("utf-8"))["place"]
    exact: dict[str, Place] = {}
    prefixes: list[tuple[str, Place]] = []
    for row in rows:
        place = Place(Kind(row["kind"]), row["label"], row.get("writer", ""))
        key: str = row["key"]
        if key.endswith("*"):
            prefixes.append((key[:-1], place))
        elif exact.setdefault(key, place) is not place:
            raise ValueError(f"{name}.toml names {key!r} twice")
    prefixes.sort(key=lambda pair: -len(pair[0]))
    return _Table(exact, tuple(prefixes))


def find(table: str, key: str) -> Place | None:
    """Return the place that `key` names in a table: the exact entry, else the longest prefix, else None."""
    rows = _table(table)
    if key in rows.exact:
        return rows.exact[key]
    return next((place for prefix, place in rows.prefixes if key.startswith(prefix)), None)
