"""Run a sample filter over bytes, as a writer does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrubkit.pieces import Coded, Span

if TYPE_CHECKING:
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
