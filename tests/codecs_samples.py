"""Run a sample filter over bytes, as a writer does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import av

from scrubkit.pieces import Coded, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scrubkit.codecs import Filtered, SampleFilter

START = 1000
"""Where samples are said to lie."""


def joined(filtered: Filtered, data: bytes) -> bytes:
    """The bytes that the pieces stand for; spans must lie inside the sample."""
    out = bytearray()
    for piece in filtered.pieces:
        if isinstance(piece, Span):
            at = piece.start - START
            assert 0 <= at <= at + piece.size <= len(data)
            out += data[at : at + piece.size]
        else:
            assert isinstance(piece, Coded)
            out += piece.data
    assert len(out) == filtered.size
    return bytes(out)


def filtered(walk: SampleFilter, data: bytes, *, listed: bool = True) -> bytes:
    return joined(walk.sample(memoryview(data), START, listed), data)


def keys(walk: SampleFilter) -> set[str]:
    return {row.key for row in walk.dropped()}


def heard(codec: str, packets: Sequence[bytes]) -> list[bytes | None]:
    """What FFmpeg makes of sound that may be damaged; None for each packet that it gives up."""
    context: Any = av.CodecContext.create(codec, "r")
    found: list[bytes | None] = []
    for packet in (*packets, None):
        try:
            frames = context.decode(packet and av.Packet(packet))
        except av.error.InvalidDataError:
            found.append(None)
        else:
            for frame in frames:
                size = frame.samples * frame.format.bytes
                found += (bytes(plane)[:size] for plane in frame.planes)
    return found
