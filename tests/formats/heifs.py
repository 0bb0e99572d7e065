"""What the tests of stills share: reading bytes, cleaning them by way of a file, and looking at boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import support
from scrubkit.essence import Heif
from scrubkit.formats.heif import FORMAT
from scrubkit.source import Source

if TYPE_CHECKING:
    from pathlib import Path

    from scrubkit.formats import Reading


def read(folder: Path, data: bytes) -> Reading:
    path = folder / "still"
    path.write_bytes(data)
    with Source(path) as source:
        return FORMAT.read(source, support.POLICY)


def essence(folder: Path, data: bytes) -> Heif:
    found = read(folder, data).essence
    assert isinstance(found, Heif)
    return found


def cleaned(folder: Path, data: bytes) -> bytes:
    """Read, write, and insist that doing it again changes nothing."""
    path = folder / "still"
    path.write_bytes(data)
    once = support.rebuilt(path)
    path.write_bytes(once)
    assert support.rebuilt(path) == once
    return once


HEADS = {b"meta": 4, b"iinf": 6, b"iref": 4, b"iprp": 0, b"ipco": 0}
"""Bytes of a container's body before its first child."""


def boxes(data: bytes, path: str = "") -> list[tuple[str, bytes]]:
    """Every box of a clean file with its path and body, parents first."""
    found = []
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + size]
        name = f"{path}/{kind.decode()}".lstrip("/")
        found.append((name, body))
        if kind in HEADS:
            found += boxes(body[HEADS[kind] :], name)
        at += size
    return found


def paths(reading: Reading) -> set[str]:
    return {found.path for found in reading.residue}
