"""MediaInfo is handed the beginning of a photo alone, and says what it says of the whole."""

from __future__ import annotations

import zlib
from io import BytesIO

import pytest

from scrubkit import demo
from scrubkit.witnesses.readers import Seen, mediainfo

LONG = b"x" * (2 * mediainfo.FIRST)


def jpeg() -> bytes:
    """A photo whose Exif, and all of its picture, begins after the first piece."""
    photo = demo.photo(20, 6)
    return photo[:2] + b"\xff\xfe" + (2 + len(LONG)).to_bytes(2) + LONG + photo[2:]


def png() -> bytes:
    """A picture of one pixel with a long text before it and a short one after it."""
    chunks = [
        (b"IHDR", b"\0\0\0\1\0\0\0\1\x08\0\0\0\0"),
        (b"tEXt", b"Comment\0" + LONG),
        (b"IDAT", zlib.compress(b"\0\0")),
        (b"tEXt", b"Author\0Demo"),
        (b"IEND", b""),
    ]
    parts = [
        len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4) for kind, body in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def seen(data: bytes) -> list[Seen]:
    return list(mediainfo.read(BytesIO(data)))


@pytest.mark.parametrize("data", [jpeg(), png()], ids=["jpeg", "png"])
@pytest.mark.parametrize("first", [512, mediainfo.FIRST])
def test_a_short_first_piece_hides_nothing(data: bytes, first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mediainfo, "FIRST", len(data))
    whole = seen(data)
    monkeypatch.setattr(mediainfo, "FIRST", first)
    assert len(whole) > 5
    assert seen(data) == whole


def test_other_files_are_not_cut() -> None:
    pieces: list[int] = []

    class Counting(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            piece = super().read(size)
            pieces.append(len(piece))
            return piece

    movie = demo.movie("x", stale=True)
    assert len(movie) > mediainfo.FIRST
    list(mediainfo.read(Counting(movie)))
    assert mediainfo.FIRST not in pieces
