"""Motion JPEG samples go through the reader and writer of JPEG pictures."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...codecs.mjpeg import Cleaned
from ...errors import Unsupported
from ...essence import Jpeg, Orientation
from ...model import Fate
from ...pieces import Coded, Span
from ...source import Memory
from ..jpeg.read import read as read_jpeg
from ..jpeg.write import write as write_jpeg

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...codecs import SampleFilter
    from ...essence import Picture
    from ...model import Policy
    from ...pieces import Piece


def sample_filter(entry: Picture, policy: Policy) -> SampleFilter:
    """Return a filter for one Motion JPEG track."""
    from ...codecs import mjpeg

    return mjpeg.sample_filter(entry, policy, _cleaner(policy))


def _cleaner(policy: Policy) -> Callable[[memoryview, int], Cleaned]:
    def clean(data: memoryview, place: int) -> Cleaned:
        """Clean the picture that `data` begins with."""
        reading = read_jpeg(Memory(data), policy)
        picture = reading.essence
        assert isinstance(picture, Jpeg)
        # the track's matrix turns the picture; one that turns itself would be turned twice, or not at all
        if picture.orientation is not Orientation.UPRIGHT:
            raise Unsupported("mjpeg", "picture-orientation")
        pieces = write_jpeg(picture, policy)
        residue = [row for row in reading.ledger.rows if row.fate is Fate.RESIDUE]
        after = sum(row.size for row in residue if row.path.startswith(_TRAILER))
        return Cleaned(
            tuple(_placed(piece, place) for piece in pieces),
            len(data) - after,
            picture.width,
            picture.height,
            tuple((_name(row.path), row.size) for row in residue if not row.path.startswith(_TRAILER)),
        )

    return clean


_TRAILER = "trailer"
_MARKER = re.compile(r"[A-Z]+[0-9]*")


def _name(path: str) -> str:
    """The marker that a path of a JPEG's ledger begins with."""
    found = _MARKER.fullmatch(path.split("/", maxsplit=1)[0])
    return found.group() if found else "bytes"


def _placed(piece: Piece, place: int) -> Piece:
    """A piece of a picture as a piece of the movie: what is structure there is payload here."""
    if isinstance(piece, Span):
        return Span(place + piece.start, piece.size)
    assert isinstance(piece, bytes)
    return Coded(piece)
