"""BMP (Microsoft DIB, versions 2 to 5, and OS/2): one picture in rows or run lengths."""

from __future__ import annotations

from .. import Format
from .read import HEADERS, read
from .write import write


def sniff(head: bytes) -> bool:
    """Whether a file begins with the signature, and a header size that is known stands where it must."""
    return head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in HEADERS


FORMAT = Format(
    name="bmp",
    title="BMP",
    sniff=sniff,
    read=read,
    write=write,
    outline=write,
    reads=("1 to 32 bits per pixel, with palette or masks", "run lengths of 4 and 8 bits"),
    refuses=("JPEG and PNG inside", "run lengths that leave the picture"),
)
