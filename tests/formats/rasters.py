"""What the PNG and WebP tests share: reading bytes, and cleaning them, by way of a file."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import support
from scrubkit.formats import png, webp
from scrubkit.source import Source

if TYPE_CHECKING:
    from pathlib import Path

    from scrubkit.formats import Reading
    from scrubkit.model import Policy


def read(folder: Path, data: bytes, policy: Policy = support.POLICY) -> Reading:
    path = folder / "picture"
    path.write_bytes(data)
    found = png.FORMAT if png.FORMAT.sniff(data) else webp.FORMAT
    with Source(path) as source:
        return found.read(source, policy)


def cleaned(folder: Path, data: bytes, policy: Policy = support.POLICY) -> bytes:
    """Read, write, and insist that doing it again changes nothing."""
    path = folder / "picture"
    path.write_bytes(data)
    once = support.rebuilt(path, policy)
    path.write_bytes(once)
    assert support.rebuilt(path, policy) == once
    return once


def paths(reading: Reading) -> set[str]:
    return {found.path for found in reading.residue}


def frames(data: bytes) -> list[tuple[bytes, object, object, object]]:
    """Every frame as Pillow composes it, with its duration, disposal and blending."""
    from PIL import Image, ImageSequence

    with Image.open(io.BytesIO(data)) as image:
        return [
            (
                each.convert("RGBA").tobytes(),
                each.info.get("duration"),
                each.info.get("disposal"),
                each.info.get("blend"),
            )
            for each in ImageSequence.Iterator(image)
        ]


def pixels(data: bytes) -> tuple[tuple[int, int], bytes]:
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        return image.size, image.convert("RGBA").tobytes()


def indexes(data: bytes) -> set[int]:
    """The palette entries that the samples of an indexed picture name."""
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        assert image.mode == "P"
        return set(image.tobytes())
