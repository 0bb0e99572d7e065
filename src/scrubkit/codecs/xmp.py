"""XMP packets (ISO 16684-1): the properties they hold, by name, without an XML parser.

An XML parser would follow entities; a scan for `prefix:name=` and `<prefix:name>`
over a bounded text can't.  It serves to name what stays behind, nothing else.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..catalog import UNKNOWN, find
from ..model import Finding, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNATURE = b"http://ns.adobe.com/xap/1.0/\x00"
EXTENSION_SIGNATURE = b"http://ns.adobe.com/xmp/extension/\x00"

SCANNED = 1 << 18
"""Bytes of a packet that are scanned."""

PROPERTIES = 200
"""Properties of a packet that get a finding of their own."""

_PROPERTY = re.compile(
    r"""[\s<](?P<name>[A-Za-z][\w.-]{0,40}:[A-Za-z][\w.-]{0,60})"""
    r"""(?:\s{0,8}=\s{0,8}(?:"(?P<double>[^"<]{0,300})|'(?P<single>[^'<]{0,300}))|>(?P<text>[^<]{0,300}))"""
)

_GRAMMAR = re.compile(r"(?:xmlns|rdf|xml):")
"""Names that carry no value of their own."""


def text_of(packet: bytes) -> str:
    """Return the first `SCANNED` bytes of a packet as text; a byte order mark tells UTF-16."""
    packet = packet[:SCANNED]
    if packet[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return packet.decode("utf-16", "replace")
    return packet.decode("utf-8", "replace")


def findings(packet: bytes, path: str) -> Iterator[Finding]:
    """Name the properties of a packet, below `path`: one finding each, repeats counted."""
    met: dict[str, tuple[int, int, str | None]] = {}
    for found in _PROPERTY.finditer(text_of(packet)):
        name = found["name"]
        if _GRAMMAR.match(name):
            continue
        value = (found["double"] or found["single"] or found["text"] or "").strip() or None
        count, size, first = met.get(name, (0, 0, None))
        if count or len(met) < PROPERTIES:
            met[name] = count + 1, size + found.end() - found.start(), first or value
    for name, (count, size, first) in met.items():
        place = find("xmp", name) or UNKNOWN
        known = place is not UNKNOWN
        yield Finding(
            f"{path}/{name}", place.kind, place.label, size, None, count, place.writer, known, first
        )
    if len(met) == PROPERTIES:
        yield Finding(f"{path}/more", Kind.UNKNOWN, "further properties", known=False)
