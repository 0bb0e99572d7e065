"""ISO base media files with picture or sound: MOV, MP4, M4V, 3GP, M4A (ISO/IEC 14496-12, -14, -15; QTFF)."""

from __future__ import annotations

from .. import Format
from .read import read
from .write import outline, write

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


FORMAT = Format(
    name="isobmff",
    title="MOV, MP4, M4V, 3GP, M4A",
    sniff=sniff,
    read=read,
    write=write,
    outline=outline,
    reads=(
        "H.264, HEVC, AV1, VP9, MPEG-4 Visual, H.263, MPEG-1 and -2, Motion JPEG, ProRes, DNxHD",
        "AAC, ALAC, AMR, AC-3, E-AC-3, Opus, FLAC, MP3, PCM",
        "fragmented files, compressed movie headers, edit lists",
    ),
    refuses=("encrypted tracks", "media in other files", "rates other than 1", "ProRes RAW, MPEG-H, APAC"),
)
