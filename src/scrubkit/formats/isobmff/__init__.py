"""ISO base media files with picture or sound: MOV, MP4, M4V, 3GP, M4A (ISO/IEC 14496-12, -14, -15; QTFF)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import Format

if TYPE_CHECKING:
    from ...essence import Movie
    from ...model import Policy
    from ...pieces import Pieces
    from ...source import Source
    from .. import Reading

_FIRST_BOXES = frozenset(
    {
        b"ftyp",
        b"moov",
        b"mdat",
        b"wide",
        b"free",
        b"skip",
        b"pnot",
        b"styp",
        b"moof",
        b"sidx",
        b"uuid",
        b"junk",
    }
)
_STILL_BRANDS = frozenset(
    {
        b"heic",
        b"heix",
        b"heim",
        b"heis",
        b"hevc",
        b"hevx",
        b"mif1",
        b"msf1",
        b"avif",
        b"avis",
        b"crx ",
        b"jxl ",
    }
)


def sniff(head: bytes) -> bool:
    """Whether the first box is one that movies begin with, and not the `ftyp` of a still picture."""
    if head[4:8] not in _FIRST_BOXES:
        return False
    return not (head[4:8] == b"ftyp" and head[8:12] in _STILL_BRANDS)


def _read(source: Source, policy: Policy) -> Reading:
    from .read import read

    return read(source, policy)


def _write(essence: Movie, policy: Policy) -> Pieces:
    from .write import write

    return write(essence, policy)


def _outline(essence: Movie, policy: Policy) -> Pieces:
    from .write import outline

    return outline(essence, policy)


FORMAT = Format(
    name="isobmff",
    title="MOV, MP4, M4V, 3GP, M4A",
    sniff=sniff,
    read=_read,
    write=_write,
    outline=_outline,
    reads=(
        "H.264, HEVC, AV1, VP9, MPEG-4 Visual, H.263, MPEG-1 and -2, Motion JPEG, ProRes, DNxHD",
        "AAC, ALAC, AMR, AC-3, E-AC-3, Opus, FLAC, MP3, PCM",
        "fragmented files, compressed movie headers, edit lists",
    ),
    refuses=("encrypted tracks", "media in other files", "rates other than 1", "ProRes RAW, MPEG-H, APAC"),
)
