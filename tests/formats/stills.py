"""What the tests of still formats share: reading bytes, cleaning them, and showing them with Pillow."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import support
from scrubkit import formats
from scrubkit.source import Source

if TYPE_CHECKING:
    from pathlib import Path

    from scrubkit.formats import Reading
    from scrubkit.model import Finding


def read(folder: Path, data: bytes) -> Reading:
    path = folder / "picture"
    path.write_bytes(data)
    with Source(path) as source:
        found = formats.identify(data[: formats.HEAD])
        assert found is not None
        return found.read(source, support.POLICY)


def cleaned(folder: Path, data: bytes) -> bytes:
    """Read, write, and insist that doing it again changes nothing."""
    path = folder / "picture"
    path.write_bytes(data)
    once = support.rebuilt(path)
    path.write_bytes(once)
    assert support.rebuilt(path) == once
    return once


def findings(folder: Path, data: bytes) -> dict[str, Finding]:
    reading = read(folder, data)
    assert reading.ledger.complete
    return {found.path: found for found in reading.residue}


def frames(data: bytes) -> list[tuple[Any, ...]]:
    """Size, pixels with alpha, and duration of each frame, as Pillow shows them."""
    from PIL import Image, ImageSequence

    with Image.open(io.BytesIO(data)) as image:
        return [
            (frame.size, frame.convert("RGBA").tobytes(), frame.info.get("duration"))
            for frame in ImageSequence.Iterator(image)
        ]


def pixels(data: bytes) -> tuple[Any, ...]:
    """Mode, size and stored samples, as Pillow shows them."""
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        return image.mode, image.size, image.tobytes()
