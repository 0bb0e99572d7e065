"""What hash lists say: MHL 1.x, ASC MHL 2.0 and the chain file of its generations.

All three are somebody else's words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..source import Source
from .records import records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .records import Field

CHAIN = "ascmhl_chain.xml"
FOLDER = "ascmhl"

_GENERATION = re.compile(r"([0-9]{4,18})(_|\.)")
_NO_HASHES = frozenset({"path", "file", "size", "previouspath", "metadata"})
_DATES = ("date", "lastmodification", "creation")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a list: its path below the list's folder, its size in bytes, what is said of it.

    `hashes` are element names with digests as text, those left out that are
    recorded as a failure: they are of a file that was changed already.
    `untrusted_previous` is the path in the generation before, empty if it is the same.
    """

    untrusted_path: str
    size: int | None = None
    hashes: tuple[tuple[str, str], ...] = ()
    untrusted_previous: str = ""


@dataclass(frozen=True, slots=True)
class Generation:
    """One list that a chain names: its file name and its C4 identifier."""

    untrusted_name: str
    digest: str


def is_list(name: str) -> bool:
    """Whether a file may be a hash list by its name; what macOS keeps beside it on other disks isn't."""
    return name.lower().endswith(".mhl") and not name.startswith("._")


def generation(name: str) -> int:
    """Return the number of a generation that begins a list's name (ASC MHL §4.1), or 0."""
    match = _GENERATION.match(name)
    return int(match[1]) if match else 0


def entries(path: Path) -> Iterator[Entry]:
    """Yield the files of a hash list; raises `Malformed`, `Truncated`, `LimitExceeded` and as `Source`."""
    with Source(path) as source:
        for fields in records(source, "hashlist", "hashes", "hash"):
            yield _entry(fields)


def generations(path: Path) -> Iterator[Generation]:
    """Yield the lists that a chain file names; raises as `entries`."""
    with Source(path) as source:
        for fields in records(source, "ascmhldirectory", "", "hashlist"):
            said = {each.name: each.untrusted_text.strip() for each in fields}
            yield Generation(said.get("path", ""), said.get("c4", ""))


def _entry(fields: list[Field]) -> Entry:
    path = previous = ""
    size: int | None = None
    hashes = []
    for each in fields:
        name, text = each.name.lower(), each.untrusted_text
        if name in {"path", "file"}:
            path = text
            size = _size(each.attributes.get("size", "")) if name == "path" else size
        elif name == "size":
            size = _size(text)
        elif name == "previouspath":
            previous = text
        elif name in _NO_HASHES or name.endswith(_DATES):
            continue
        elif each.attributes.get("action") != "failed":
            hashes.append((name, text.strip()))
    return Entry(path, size, tuple(hashes), previous)


def _size(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None
