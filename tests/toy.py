"""A toy container, so that what surrounds the formats is tested without one.

`TOY!` and chunks: one letter, a size byte, a body.  `P` is payload; `I` is payload whose
first byte a filter drops; `M` is metadata; anything else breaks the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scrubkit import formats
from scrubkit.errors import Malformed
from scrubkit.formats import Format, Reading
from scrubkit.model import (
    Fate,
    Finding,
    Kind,
    Ledger,
    LedgerRow,
    Media,
    Policy,
    Remaining,
    Residual,
)
from scrubkit.pieces import Payload, Pieces, Span, Walked, merged

if TYPE_CHECKING:
    import pytest

    from scrubkit.source import Source

MAGIC = b"TOY!"


def chunk(letter: bytes, body: bytes) -> bytes:
    return letter + bytes((len(body),)) + body


def toy(*chunks: bytes) -> bytes:
    return MAGIC + b"".join(chunks)


CLEAN = toy(chunk(b"P", b"picture"), chunk(b"P", b"sound"))


def dirty(secret: bytes = b"a secret") -> bytes:
    return toy(chunk(b"M", secret), chunk(b"P", b"picture"), chunk(b"I", b"!sound"))


@dataclass(frozen=True)
class Toy:
    """The model: spans of payload, and whether the first byte of each is dropped."""

    spans: tuple[Span, ...]
    filtered: tuple[bool, ...]
    payload: Payload


def _chunks(source: Source) -> Iterator[tuple[bytes, int, int]]:
    at = len(MAGIC)
    while at < source.size:
        letter, size = source.read(at, 2)[:1], source.read(at + 1, 1)[0]
        yield letter, at + 2, size
        source.read(at, 2 + size)
        at += 2 + size


def read(source: Source, policy: Policy) -> Reading:
    spans, filtered, findings = [], [], []
    rows = [LedgerRow("magic", Fate.STRUCTURE, len(MAGIC))]
    for letter, at, size in _chunks(source):
        rows.append(LedgerRow("header", Fate.STRUCTURE, 2))
        if letter in b"PI":
            spans.append(Span(at, size))
            filtered.append(letter == b"I")
            rows.append(LedgerRow("chunk/payload", Fate.ESSENCE, size))
        elif letter == b"M":
            value = source.read(at, size).decode("latin-1")
            findings.append(Finding("chunk/M", Kind.PERSON, "a name", size, at, untrusted_value=value))
            rows.append(LedgerRow("chunk/M", Fate.RESIDUE, size))
        else:
            raise Malformed("chunk", "unknown-letter", at)
    payload = Payload(source, *merged((span.start, span.start + span.size) for span in spans))
    return Reading(
        essence=Toy(tuple(spans), tuple(filtered), payload),  # type: ignore[arg-type]
        media=Media.CLIP,
        suffix=".toy",
        residue=tuple(findings),
        remaining=(Remaining(Residual.CODED_PAYLOAD),),
        ledger=Ledger(source.size, tuple(rows)),
    )


def write(essence: Toy, policy: Policy) -> Pieces:
    yield MAGIC
    dropped = 0
    for span, drop in zip(essence.spans, essence.filtered, strict=True):
        dropped += drop
        yield b"P" + bytes((span.size - drop,))
        yield Span(span.start + drop, span.size - drop)
    if not dropped:
        return Walked()
    return Walked((Finding("chunk/payload/mark", Kind.SERIAL, "a mark in a sample", dropped, count=dropped),))


def outline(essence: Toy, policy: Policy) -> Pieces:
    return (yield from write(Toy(essence.spans, (False,) * len(essence.spans), essence.payload), policy))


TOY = Format("toy", "Toy", lambda head: head.startswith(MAGIC), read, write, outline)


def install(monkeypatch: pytest.MonkeyPatch, form: Format = TOY) -> None:
    """Make the toy the only format that there is."""
    monkeypatch.setattr(formats, "all_formats", lambda: (form,))


def raising(error: BaseException) -> Callable[[Source, Policy], Reading]:
    """A reader that fails."""

    def read_and_fail(source: Source, policy: Policy) -> Reading:
        raise error

    return read_and_fail
