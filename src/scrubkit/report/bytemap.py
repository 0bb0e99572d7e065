"""What the bytes of one file are: coded picture, coded sound, structure, and what stayed behind, by kind."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..model import Fate, Kind, Media

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ..model import FileReport, Finding, Ledger, LedgerRow

_SOUND = frozenset({"aac", "ac3", "alac", "amr", "flac", "mp3", "opus"})
"""Codings of sound, as the types of coded data begin (`aac/block`); all others are of pictures."""


@dataclass(frozen=True, slots=True)
class ByteMap:
    """Sizes in bytes that add up to the file; `coded` is picture or sound that was not told apart."""

    picture: int
    sound: int
    coded: int
    structure: int
    behind: Mapping[Kind, int]


def byte_map(report: FileReport) -> ByteMap | None:
    """Return what the bytes of a file are; None for a file that was not read to its end."""
    ledger = report.ledger
    if ledger is None:
        return None
    sizes: Counter[str] = Counter()
    for row in ledger.rows:
        if row.fate is Fate.ESSENCE:
            sizes[_what(row, report.media)] += row.size
    return ByteMap(
        picture=sizes["picture"],
        sound=sizes["sound"],
        coded=sizes["coded"],
        structure=ledger.total(Fate.STRUCTURE),
        behind=_behind(ledger, report.findings),
    )


def _what(row: LedgerRow, media: Media | None) -> str:
    if row.coded:
        return "sound" if row.coded.partition("/")[0] in _SOUND else "picture"
    # Samples that were not walked: PCM, or all of them where only structure was read.
    match media:
        case Media.PHOTO:
            return "picture"
        case Media.SOUND:
            return "sound"
        case _:
            return "coded"


def _behind(ledger: Ledger, findings: Iterable[Finding]) -> dict[Kind, int]:
    """Share what stayed behind out among kinds, so that the sum is that of the ledger.

    A finding says what kind its bytes are of; one within another says it of its part.
    What no finding tells of takes the kind of the finding around it, or is unknown.
    """
    rows: Counter[str] = Counter()
    for row in ledger.rows:
        if row.fate is Fate.RESIDUE and row.size:
            rows[row.path] += row.size
    around: set[str] = set()
    for each in findings:
        for path in _ancestors(each.path):
            if path in around:
                break
            around.add(path)
    within: dict[str, str | None] = {path: path for path in rows}
    kinds: dict[str, Kind] = {}
    parts: defaultdict[str, Counter[Kind]] = defaultdict(Counter)
    for each in findings:
        where = _nearest(each.path, within)
        if where is None:
            # A field within a structure that is written anew.
            continue
        if each.path == where:
            kinds.setdefault(where, each.kind)
        if each.path not in around:
            parts[where][each.kind] += each.size
    sums: Counter[Kind] = Counter()
    for path, size in rows.items():
        sums.update(_shared_out(size, parts[path], kinds.get(path, Kind.UNKNOWN)))
    return {kind: sums[kind] for kind in Kind if sums[kind]}


def _shared_out(size: int, parts: Counter[Kind], rest: Kind) -> Counter[Kind]:
    whole = parts.total()
    if whole > size:
        # Findings that overlap, or that count what was packed.
        parts = Counter({kind: part * size // whole for kind, part in parts.items()})
    parts[rest] += size - parts.total()
    return parts


def _nearest(path: str, within: dict[str, str | None]) -> str | None:
    """Return the row that a path lies in; `within` has the answers so far."""
    new = []
    found = None
    for each in (path, *_ancestors(path)):
        if each in within:
            found = within[each]
            break
        new.append(each)
    within.update(dict.fromkeys(new, found))
    return found


def _ancestors(path: str) -> Iterator[str]:
    """Yield the paths around a path, the nearest first; a field is `box.field`, a part `box/part`."""
    at = len(path)
    while (at := max(path.rfind("/", 0, at), path.rfind(".", 0, at))) > 0:
        yield path[:at]
