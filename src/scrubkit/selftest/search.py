"""Two searches for a secret: a plain one, which knows no format, and the one that every clean file gets."""

from __future__ import annotations

import base64
import contextlib
import re
import zlib
from typing import TYPE_CHECKING

from ..model import Kind, Value

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ZLIB = re.compile(
    b"(?=%s)"
    % b"|".join(
        re.escape(bytes((method, flags)))
        for method in range(0x08, 0x80, 0x10)
        for flags in range(256)
        if (method << 8 | flags) % 31 == 0 and not flags & 0x20
    )
)
"""The 64 beginnings of a zlib stream without a dictionary (RFC 1950, 2.2): small data have a small window."""

_MOST = 4 << 20
"""Bytes of one deflate stream that are looked into."""


def holds(data: bytes, secret: bytes) -> bool:
    """Whether bytes hold a secret: plain, reversed, shifted by bits, in UTF-16, hex, base64, or deflated."""
    wanted = tuple(forms(secret))
    return any(form in each for each in (data, *_inflated(data)) for form in wanted)


def forms(secret: bytes) -> Iterator[bytes]:
    """Yield a secret as it may be written; a short one only as it is and reversed."""
    yield secret
    yield secret[::-1]
    if len(secret) < 6:
        return
    for shift in range(1, 8):
        whole = (int.from_bytes(secret, "big") << shift).to_bytes(len(secret) + 1, "big")
        yield whole[1:-1]
    with contextlib.suppress(UnicodeDecodeError):
        text = secret.decode()
        yield text.encode("utf-16-le")
        yield text.encode("utf-16-be")
    yield secret.hex().encode("ascii")
    yield secret.hex().upper().encode("ascii")
    for lead in range(3):
        whole = base64.b64encode(bytes(lead) + secret)
        # The first and last characters also hold bits of the neighbours.
        yield whole[4 if lead else 0 : -4]


def _inflated(data: bytes) -> Iterator[bytes]:
    for found in _ZLIB.finditer(data):
        with contextlib.suppress(zlib.error):
            yield zlib.decompressobj().decompress(memoryview(data)[found.start() :], _MOST)


def carried(path: Path, secret: bytes) -> bool | None:
    """Whether the search of `clean` finds a secret in a file; None without its engine."""
    from ..carryover import available, search_file

    if not available():
        return None
    value = Value("selftest", "secret", Kind.IDENTIFIER, secret.decode("ascii"))
    return bool(search_file([value], path).carried)
