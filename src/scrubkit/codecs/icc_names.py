"""What an ICC profile says beyond its colours, named for the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..catalog import UNKNOWN, find
from ..errors import Refused
from ..model import Finding
from .icc_profile import HEADER, read_with_tags, tag_table
from .text import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADER_FIELDS = (
    ("preferred-cmm", 4, 8),
    ("date", 24, 36),
    ("platform", 40, 44),
    ("manufacturer", 48, 52),
    ("model", 52, 56),
    ("creator", 80, 84),
    ("profile-id", 84, 100),
)


def used_bytes(profile: bytes) -> int:
    """Return how many bytes of a profile were decoded: header, tag table, and what makes the space."""
    try:
        tags = tag_table(profile)
        _, used = read_with_tags(profile)
    except Refused:
        return 0
    ranges = {(tag.start, tag.size) for signature, tag in tags.items() if signature in used}
    return min(HEADER + 4 + 12 * len(tags) + sum(size for _, size in ranges), len(profile))


def findings(profile: bytes, path: str) -> Iterator[Finding]:
    """Name what a profile says beyond its colours: header fields and tags, below `path`."""
    try:
        tags = tag_table(profile)
    except Refused:
        place = find("jpeg", "ICC/broken") or UNKNOWN
        yield Finding(f"{path}/broken", place.kind, place.label, len(profile))
        return
    for name, start, stop in _HEADER_FIELDS:
        raw = profile[start:stop]
        if any(raw):
            yield _named(f"header/{name}", path, stop - start, _field(name, raw))
    try:
        used = read_with_tags(profile)[1]
    except Refused:
        used = frozenset()
    for signature, tag in tags.items():
        if signature not in used:
            value = _tag_text(profile[tag.start : tag.start + min(tag.size, 1024)])
            yield _named(signature.decode("latin-1"), path, tag.size, value)


def _named(name: str, path: str, size: int, value: str | None) -> Finding:
    place = find("jpeg", f"ICC/{name}") or UNKNOWN
    return Finding(
        f"{path}/{name}", place.kind, place.label, size, None, 1, place.writer, place is not UNKNOWN, value
    )


def _field(name: str, raw: bytes) -> str:
    if name != "date":
        return shown(raw)
    return ":".join(str(int.from_bytes(raw[at : at + 2])) for at in range(0, 12, 2))


def _tag_text(data: bytes) -> str | None:
    match data[:4]:
        case b"text":
            return shown(data[8:]) or None
        case b"desc":
            return shown(data[12 : 12 + int.from_bytes(data[8:12])]) or None
        case b"mluc":
            size, start = int.from_bytes(data[20:24]), int.from_bytes(data[24:28])
            return data[start : start + size].decode("utf-16-be", "replace")[:300] or None
        case _:
            return None


def colour_space(profile: bytes) -> str:
    """Return the header's colour space signature, four characters, or an empty string if it is no profile."""
    return profile[16:20].decode("latin-1") if profile[36:40] == b"acsp" else ""
