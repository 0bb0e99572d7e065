"""GIF (GIF89a, CompuServe 1990): frames of indexed colours, their timing and loop count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import Format

if TYPE_CHECKING:
    from ...essence import Gif
    from ...model import Policy
    from ...pieces import Pieces
    from ...source import Source
    from .. import Reading


def sniff(head: bytes) -> bool:
    """Whether a file begins with the signature and one of the two versions."""
    return head[:6] in (b"GIF87a", b"GIF89a")


def _read(source: Source, policy: Policy) -> Reading:
    from .read import read

    return read(source, policy)


def _write(essence: Gif, policy: Policy) -> Pieces:
    from .write import write

    return write(essence, policy)


FORMAT = Format(
    name="gif",
    title="GIF",
    sniff=sniff,
    read=_read,
    write=_write,
    outline=_write,
    reads=("GIF87a and GIF89a, still and animated", "transparency, disposal, delays and loop count"),
    refuses=("frames that reach beyond the screen", "pictures whose coded data end early"),
)
