"""BMP (Microsoft DIB, versions 2 to 5, and OS/2): one picture in rows or run lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import Format
from .headers import HEADERS

if TYPE_CHECKING:
    from ...essence import Bitmap
    from ...model import Policy
    from ...pieces import Pieces
    from ...source import Source
    from .. import Reading


def sniff(head: bytes) -> bool:
    """Whether a file begins with the signature, and a header size that is known stands where it must."""
    return head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in HEADERS


def _read(source: Source, policy: Policy) -> Reading:
    from .read import read

    return read(source, policy)


def _write(essence: Bitmap, policy: Policy) -> Pieces:
    from .write import write

    return write(essence, policy)


FORMAT = Format(
    name="bmp",
    title="BMP",
    sniff=sniff,
    read=_read,
    write=_write,
    outline=_write,
    reads=("1 to 32 bits per pixel, with palette or masks", "run lengths of 4 and 8 bits"),
    refuses=("JPEG and PNG inside", "run lengths that leave the picture"),
)
