"""Files that are known and refused: raw photos of cameras, and containers that nothing here rebuilds.

To be told why is worth more than "unrecognised": each of these holds names, places
or serial numbers that other tools leave in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn

from ..errors import Unsupported
from . import HEAD, Format

if TYPE_CHECKING:
    from ..model import Policy
    from ..source import Source

_BEGINNINGS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\x0a", "jpeg-xl"),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", "jpeg-xl"),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", "jpeg-2000"),
    (0, b"\xff\x4f\xff\x51", "jpeg-2000"),
    (4, b"ftypcrx ", "canon-raw"),
    (8, b"CR\2", "canon-raw"),
    (6, b"HEAPCCDR", "canon-raw"),
    (0, b"FUJIFILMCCD-RAW", "fujifilm-raw"),
    (0, b"IIU\0", "panasonic-raw"),
    (0, b"IIRO", "olympus-raw"),
    (0, b"IIRS", "olympus-raw"),
    (0, b"MMOR", "olympus-raw"),
    (0, b"FOVb", "sigma-raw"),
    (0, b"\0MRM", "minolta-raw"),
    (0, b"8BPS\0\1", "photoshop"),
    (0, b"8BPS\0\2", "photoshop"),
    (0, b"\x76\x2f\x31\x01", "openexr"),
    (0, b"II\xbc\x01", "jpeg-xr"),
)
"""Place, bytes that stand there, and what the still is."""

_PATTERNS: tuple[tuple[re.Pattern[bytes], str, str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), where, rule)
    for pattern, where, rule in (
        (rb"\x1a\x45\xdf\xa3", "movie", "matroska"),
        (rb"RIFF....AVI ", "movie", "avi"),
        (rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "movie", "windows-media"),
        (rb"FLV\x01", "movie", "flash-video"),
        (rb"\x00\x00\x01\xba", "movie", "mpeg-program-stream"),
        # Three packets in a row; recorders put four bytes of time before each.
        (rb"\x47.{187}\x47.{187}\x47", "movie", "mpeg-transport-stream"),
        (rb".{4}\x47.{191}\x47.{191}\x47", "movie", "mpeg-transport-stream"),
        (rb"(RIFF|RIFX|RF64)....WAVE", "sound", "wav"),
        (rb"FORM....AIF[FC]", "sound", "aiff"),
        (rb"caff\x00[\x01\x02]", "sound", "core-audio"),
        (rb"fLaC", "sound", "flac"),
        (rb"OggS\x00", "sound", "ogg"),
        (rb"#!AMR(-WB)?\n", "sound", "amr"),
        (rb"ID3[\x02-\x04]", "sound", "mp3"),
        # MPEG audio of layer III, and ADTS
        (rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb][\x10-\xeb]", "sound", "mp3"),
        (rb"\xff[\xf0\xf1\xf8\xf9].{3}", "sound", "aac"),
    )
)
"""How movies and sounds begin, what they are called in errors, and what they are."""

_HASH_LIST = "hash-list"
"""An ASC MHL: names, hosts, dates and digests of originals."""


def _kind(head: bytes) -> tuple[str, str] | None:
    """Return what a file is called in errors, and what it is."""
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:5] == b"<?xml" and b"<hashlist" in head:
        return "sidecar", _HASH_LIST
    for at, magic, rule in _BEGINNINGS:
        if head[at : at + len(magic)] == magic:
            return "still", rule
    return next(((where, rule) for pattern, where, rule in _PATTERNS if pattern.match(head)), None)


def sniff(head: bytes) -> bool:
    """Whether a file begins like one that is refused for what it is."""
    return _kind(head) is not None


def read(source: Source, _policy: Policy) -> NoReturn:
    """Raise `Unsupported` with the kind of file."""
    where, rule = _kind(source.read(0, min(source.size, HEAD))) or ("file", "unknown")
    raise Unsupported(where, rule, 0)


def write(_essence: Any, _policy: Policy) -> NoReturn:  # noqa: ANN401 (nothing is read, so nothing is written)
    """Raise `Unsupported`: there is no essence."""
    raise Unsupported("file", "nothing-to-write")


FORMAT = Format(
    name="unsupported",
    title="raw photos, JPEG XL, Matroska, AVI, MPEG-TS, WAV, MP3 and others",
    sniff=sniff,
    read=read,
    write=write,
    outline=write,
    refuses=(
        "CR2, CR3, CRW, RAF, RW2, ORF, X3F and MRW raw photos (NEF, ARW and PEF: see TIFF)",
        "JPEG XL, JPEG 2000, JPEG XR, OpenEXR and Photoshop documents",
        "Matroska, WebM, AVI, ASF, FLV, MPEG program and transport streams",
        "WAV, AIFF, CAF, FLAC, Ogg, MP3, AMR and ADTS as files of their own",
        "hash lists (MHL), which identify the files they list",
    ),
)
