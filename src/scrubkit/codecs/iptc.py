"""Photoshop image resources and the IPTC datasets in them (IIM 4.1), named for the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..catalog import UNKNOWN, find
from ..model import Finding
from .text import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNATURE = b"Photoshop 3.0\x00"

IPTC_NAA = 0x0404

ROWS = 200
"""Resources, and datasets, of one block that are named."""


def resources(block: bytes, path: str, start: int | None) -> Iterator[Finding]:
    """Name the image resources of a block: `8BIM`, id, Pascal name, size, data, padded to even."""
    at = 0
    for _ in range(ROWS):
        if block[at : at + 4] not in (b"8BIM", b"PHUT", b"DCSR", b"AgHg", b"MeSa") or at + 12 > len(block):
            break
        number = int.from_bytes(block[at + 4 : at + 6])
        body = at + 6 + (block[at + 6] + 2) // 2 * 2 + 4
        size = int.from_bytes(block[body - 4 : body])
        data = block[body : body + size]
        key = f"0x{number:04x}"
        place = find("iptc", f"8BIM/{key}") or UNKNOWN
        here = None if start is None else start + at
        stop = min(body + size + size % 2, len(block))
        value = shown(data) if number != IPTC_NAA and 0 < len(data) <= 1024 else None
        known = place is not UNKNOWN
        yield Finding(
            f"{path}/8BIM/{key}",
            place.kind,
            place.label,
            stop - at,
            here,
            1,
            place.writer,
            known,
            value or None,
        )
        if number == IPTC_NAA:
            yield from datasets(data, f"{path}/8BIM/{key}", None if start is None else start + body)
        at = stop
    if at < len(block):
        place = find("iptc", "rest") or UNKNOWN
        known = place is not UNKNOWN
        yield Finding(f"{path}/rest", place.kind, place.label, len(block) - at, None, known=known)


def datasets(block: bytes, path: str, start: int | None) -> Iterator[Finding]:
    """Name IPTC datasets: 1C, record, dataset, size (or its own length, if bit 15 is set), data."""
    at = 0
    met: dict[str, Finding] = {}
    while block[at : at + 1] == b"\x1c" and at + 5 <= len(block):
        key = f"{block[at + 1]}:{block[at + 2]}"
        size = int.from_bytes(block[at + 3 : at + 5])
        body = at + 5
        if size & 0x8000:
            body += size & 0x7FFF
            size = int.from_bytes(block[at + 5 : body])
        data = block[body : body + size]
        stop = min(body + size, len(block))
        earlier = met.get(key)
        if earlier or len(met) < ROWS:
            place = find("iptc", key) or UNKNOWN
            value = shown(data) or None
            if earlier and earlier.untrusted_value and value:
                value = f"{earlier.untrusted_value}; {value}"[:300]
            met[key] = Finding(
                f"{path}/{key}",
                place.kind,
                place.label,
                stop - at + (earlier.size if earlier else 0),
                earlier.start if earlier else None if start is None else start + at,
                earlier.count + 1 if earlier else 1,
                place.writer,
                place is not UNKNOWN,
                value,
            )
        at = stop
    yield from met.values()
