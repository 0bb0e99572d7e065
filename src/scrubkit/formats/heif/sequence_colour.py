"""Colours of an image sequence: a profile in a sample entry becomes the code points that mean the same.

Sample entries of the model have no place for a profile, and viewers show the
colours of the profile where there is one.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING

from ...codecs import av1, icc, icc_names
from ...codecs.icc_profile import build
from ...errors import Malformed, Refused, Unsupported
from ...essence import Colour
from ..isobmff import pictures
from ..isobmff.boxes import Box, children, full
from .extras import code_points
from .properties import PROFILES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Finding, Policy
    from ..isobmff.descriptions import Entry
    from ..isobmff.tracks import RawTrack

_HEAD = 78
"""Bytes of a visual sample entry before its boxes."""

_SRGB = 1, 13
_DISPLAY_P3 = 12, 13
_SPACES = frozenset({"RGB ", "GRAY"})


def with_code_points(track: RawTrack, policy: Policy) -> tuple[RawTrack, list[Finding]]:
    """Return a track whose entries have code points for colours, and what was left behind of profiles.

    Raises `Unsupported` for a profile whose colours no code points stand for.
    """
    entries: list[Entry] = []
    findings: list[Finding] = []
    boxes = _colour_boxes(track)
    for entry, found in zip(track.entries, boxes, strict=False):
        named = next((box for box in found if bytes(box.body[:4]) == b"nclx"), None)
        profile = next((bytes(box.body[4:]) for box in found if bytes(box.body[:4]) in PROFILES), None)
        points = None if profile is None else _points(profile, track.where)
        if named is not None and len(found) > 1:
            entry = replace(entry, children=entry.children | {"colr": named})  # noqa: PLW2901
        if profile is not None:
            path = f"{track.where}/mdia/minf/stbl/stsd/{entry.type}/colr/profile"
            findings += icc_names.findings(profile, path)
        if points is not None:
            entry = _renamed(entry, points, policy, track.where)  # noqa: PLW2901
        entries.append(entry)
    return replace(track, entries=(*entries, *track.entries[len(entries) :])), findings


def _colour_boxes(track: RawTrack) -> Iterator[list[Box]]:
    """Yield the `colr` boxes of each entry; as in an entry, what is malformed ends the list."""
    where = f"{track.where}/mdia/minf/stbl/stsd"
    for box in children(full(track.tables["stsd"], where)[2][4:], 0, where):
        found = []
        try:
            found += [each for each in children(box.body[_HEAD:], 0, where) if each.type == "colr"]
        except Malformed:
            found = []
        yield found


def _points(profile: bytes, where: str) -> tuple[int, int] | None:
    """Return the primaries and transfer that a profile amounts to, None if nothing takes it for one."""
    if icc_names.colour_space(profile) not in _SPACES:
        return None
    try:
        canonical = icc.canonical(profile)
    except Malformed:
        return None
    except Refused:
        raise Unsupported(f"{where}/mdia/minf/stbl/stsd/colr", "profile") from None
    if not canonical.profile:
        return _SRGB
    if canonical.profile == build(icc.DISPLAY_P3, "Display P3"):
        return _DISPLAY_P3
    found = code_points(canonical.profile)
    if found is None:
        raise Unsupported(f"{where}/mdia/minf/stbl/stsd/colr", "profile")
    return found


def _renamed(entry: Entry, points: tuple[int, int], policy: Policy, where: str) -> Entry:
    """Give an entry code points beside the matrix and range that are in use."""
    box = entry.children.get("colr")
    if box is not None and bytes(box.body[:4]) == b"nclx" and len(box.body) >= 11:
        matrix, full_range = int.from_bytes(box.body[8:10]), bool(box.body[10] & 0x80)
    else:
        bare = {kind: each for kind, each in entry.children.items() if kind != "colr"}
        stream = _signalled(replace(entry, children=bare), policy, where)
        matrix, full_range = stream.matrix, stream.full_range
    body = struct.pack(">4sHHHB", b"nclx", *points, matrix, full_range << 7)
    return replace(entry, children=entry.children | {"colr": Box("colr", 0, 19, memoryview(body))})


def _signalled(entry: Entry, policy: Policy, where: str) -> Colour:
    """Return the colours that a stream itself tells; raises `Unsupported` if its entry doesn't hold them."""
    found = pictures.picture(entry, policy)
    if found.colour is not None:
        return found.colour
    if found.codec == "av1" and (sequence := av1.rebuild(found.record).sequence) is not None:
        return Colour(2, 2, 2, sequence.full_range)
    raise Unsupported(f"{where}/mdia/minf/stbl/stsd/colr", "profile-without-a-matrix")
