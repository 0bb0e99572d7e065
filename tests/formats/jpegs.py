"""What the JPEG tests share: reading bytes, and cleaning them, by way of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import support
from scrubkit.formats.jpeg import FORMAT
from scrubkit.source import Source

if TYPE_CHECKING:
    from pathlib import Path

    from scrubkit.formats import Reading


def read(folder: Path, data: bytes) -> Reading:
    path = folder / "picture"
    path.write_bytes(data)
    with Source(path) as source:
        return FORMAT.read(source, support.POLICY)


def cleaned(folder: Path, data: bytes) -> bytes:
    """Read, write, and insist that doing it again changes nothing."""
    path = folder / "picture"
    path.write_bytes(data)
    once = support.rebuilt(path)
    path.write_bytes(once)
    assert support.rebuilt(path) == once
    return once


def paths(reading: Reading) -> set[str]:
    return {found.path for found in reading.residue}
