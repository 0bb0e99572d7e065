"""Stills that are known and refused: raw photos of cameras, and codings that nothing here rebuilds.

To be told why is worth more than "unrecognised": each of these holds names, places
or serial numbers that other tools leave in.
"""

from __future__ import annotations

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
"""Place, bytes that stand there, and what the file is."""


_HASH_LIST = "hash-list"
"""An ASC MHL: names, hosts, dates and digests of originals."""


def _kind(head: bytes) -> str | None:
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:5] == b"<?xml" and b"<hashlist" in head:
        return _HASH_LIST
    return next((rule for at, magic, rule in _BEGINNINGS if head[at : at + len(magic)] == magic), None)


def sniff(head: bytes) -> bool:
    """Whether a file begins like a still that is refused for what it is."""
    return _kind(head) is not None


def read(source: Source, _policy: Policy) -> NoReturn:
    """Raise `Unsupported` with the kind of file."""
    kind = _kind(source.read(0, min(source.size, HEAD)))
    raise Unsupported("sidecar" if kind == _HASH_LIST else "still", kind or "unknown", 0)


def write(_essence: Any, _policy: Policy) -> NoReturn:  # noqa: ANN401 (nothing is read, so nothing is written)
    """Raise `Unsupported`: there is no essence."""
    raise Unsupported("still", "nothing-to-write")


FORMAT = Format(
    name="unsupported",
    title="raw photos, JPEG XL, JPEG 2000, Photoshop",
    sniff=sniff,
    read=read,
    write=write,
    outline=write,
    refuses=(
        "CR2, CR3, CRW, RAF, RW2, ORF, X3F and MRW raw photos (NEF, ARW and PEF: see TIFF)",
        "JPEG XL, JPEG 2000, JPEG XR, OpenEXR and Photoshop documents",
        "hash lists (MHL), which identify the files they list",
    ),
)
