"""Sample descriptions: `stsd` split into entries (ISO/IEC 14496-12 §8.5.2, §12; QTFF).

What an entry says is read by `pictures` and `sounds`.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import Malformed
from .boxes import Box, children, full, unpack

ENCRYPTED = frozenset({"encv", "enca", "drmi", "drms", "drmt", "p608", "resv", "resa"})
READ_CHILDREN = frozenset(
    {
        *("avcC", "hvcC", "av1C", "vpcC", "esds", "d263", "ACLR"),
        *("colr", "pasp", "clap", "fiel", "mdcv", "clli", "amve", "dvcC", "dvvC", "dvwC"),
        *("alac", "damr", "dac3", "dec3", "dOps", "dfLa", "wave", "frma", "mp4a", "enda", "chan", "pcmC"),
    }
)
"""Children of an entry that the model reads; all others are residue."""

VISUAL = frozenset({"vide", "pict", "auxv"})
"""Handlers of tracks whose samples are pictures."""

_VISUAL_HEAD = 78


@dataclass(frozen=True, slots=True)
class Entry:
    """One `stsd` entry as found: its type, which `dref` it uses, its fixed part, and its children by type."""

    type: str
    data_reference: int
    head: memoryview
    children: dict[str, Box]
    version: int = 0
    """Of a QuickTime sound description: 0, 1 or 2."""
    sets: tuple[bytes, ...] = ()
    """Parameter sets found in samples, for an entry whose configuration has none."""


def entries(stsd: Box, handler: str, where: str) -> tuple[Entry, ...]:
    """Split `stsd` into entries; one that is too short for its kind is `Malformed` only when used."""
    stsd_version, _, body = full(stsd, where)
    (count,) = unpack("I", body, where)
    found: list[Entry] = []
    for box in children(body[4:], stsd.stop - len(body) + 4, where):
        if len(found) == count or not box.type:
            break
        (reference,) = unpack("6xH", box.body, where)
        if handler in VISUAL:
            found.append(_visual(box, reference, where))
        elif handler == "soun":
            found.append(_sound(box, reference, stsd_version, where))
        else:
            found.append(Entry(box.type, reference, box.body[:8], {}))
    return tuple(found)


def _by_type(body: memoryview, start: int, where: str) -> dict[str, Box]:
    """First child of each type; a malformed tail, as some QuickTime entries have, ends the list."""
    found: dict[str, Box] = {}
    try:
        for box in children(body, start, where):
            found.setdefault(box.type, box)
    except Malformed:
        pass
    return found


def _visual(box: Box, reference: int, where: str) -> Entry:
    if len(box.body) < _VISUAL_HEAD:
        return Entry(box.type, reference, box.body, {})
    start = box.body_start + _VISUAL_HEAD
    return Entry(
        box.type, reference, box.body[:_VISUAL_HEAD], _by_type(box.body[_VISUAL_HEAD:], start, where)
    )


def _sound(box: Box, reference: int, stsd_version: int, where: str) -> Entry:
    if len(box.body) < 28:
        return Entry(box.type, reference, box.body, {})
    (version,) = unpack("8xH", box.body, where)
    # with stsd version 1, entry version 1 is ISO's and adds no fields (§12.2.3.2)
    head = {1: 44, 2: 64}.get(version, 28) if stsd_version == 0 else 28
    if len(box.body) < head:
        return Entry(box.type, reference, box.body, {})
    found = _by_type(box.body[head:], box.body_start + head, where)
    if (wave := found.get("wave")) is not None:
        found = _by_type(wave.body, wave.body_start, where) | found
    return Entry(box.type, reference, box.body[:head], found, version if stsd_version == 0 else 0)


def child(entry: Entry, name: str) -> Box:
    """Return a child box; raises `Malformed` if it is not there."""
    box = entry.children.get(name)
    if box is None:
        raise Malformed("stsd", f"{name}-missing")
    return box
