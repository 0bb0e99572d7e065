"""The part of a movie that the model reads, as a tree: what is structure, and what is not.

A box that this table doesn't name, at a place that it doesn't name, is residue.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...errors import LimitExceeded
from ...model import Fate
from .boxes import SLACK, Box, children

if TYPE_CHECKING:
    from ...model import Limits

CONTAINERS: dict[str, frozenset[str]] = {
    "moov": frozenset({"mvhd", "trak", "mvex"}),
    "mvex": frozenset({"trex", "mehd"}),
    "trak": frozenset({"tkhd", "edts", "mdia"}),
    "edts": frozenset({"elst"}),
    "mdia": frozenset({"mdhd", "hdlr", "minf"}),
    "minf": frozenset({"vmhd", "smhd", "hdlr", "dinf", "stbl"}),
    "dinf": frozenset({"dref"}),
    "stbl": frozenset(
        {"stsd", "stts", "ctts", "stss", "stsz", "stz2", "stsc", "stco", "co64", "sgpd", "sbgp"}
    ),
    "moof": frozenset({"mfhd", "traf"}),
    "traf": frozenset({"tfhd", "tfdt", "trun"}),
}
"""Containers and those of their children that are read (or, like `sbgp`, recomputed)."""

Visit = Callable[[str, Box, Fate], None]


def walk(parent: str, path: str, body: memoryview, start: int, limits: Limits, visit: Visit) -> None:
    """Call `visit` for headers and leaves under a container, in file order, so that they tile it.

    A structure container is visited as its header alone (a `Box` with an empty
    body whose `stop` is where its children begin).  `trak` gets its number, from 1,
    in the path.  Raises `Malformed` where structure can't be tiled.
    """
    seen = 0
    for count, box in enumerate(children(body, start, path), 1):
        if count > limits.boxes:
            raise LimitExceeded(path, "boxes", box.start)
        if box.type == "trak":
            seen += 1
            if seen > limits.tracks:
                raise LimitExceeded(path, "tracks", box.start)
        name = f"trak[{seen}]" if box.type == "trak" else box.type if box.type != SLACK else "slack"
        inside = f"{path}/{name}"
        if box.type not in CONTAINERS[parent]:
            visit(inside, box, Fate.RESIDUE)
        elif box.type in CONTAINERS:
            visit(inside, Box(box.type, box.start, box.body_start, box.body[:0]), Fate.STRUCTURE)
            walk(box.type, inside, box.body, box.body_start, limits, visit)
        else:
            visit(inside, box, Fate.STRUCTURE)


def find(body: memoryview, start: int, where: str) -> dict[str, Box]:
    """First child of each type."""
    found: dict[str, Box] = {}
    for box in children(body, start, where):
        found.setdefault(box.type, box)
    return found


def meta_children(body: memoryview) -> memoryview:
    """Return the body of a `meta` from its first child on: ISO's is a FullBox, QuickTime's is not."""
    return body[4:] if len(body) >= 8 and bytes(body[4:8]) != b"hdlr" else body
