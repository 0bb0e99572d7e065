"""The encodings in which a value may have crossed.

A reader shows a value in one way; a leak may hold it in another.  `forms` expands
a value to the byte strings that would be it.  What is too short to mean anything
is left to `meaning` to decide, except counts of 16 and 32 bits, which never mean
anything alone in a file of some size and are not made.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ..model import Kind
from . import places, times

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..model import Value

LONGEST = 96
"""Bytes of the longest needle; longer encodings are cut."""

_WHOLE = 40
"""Characters up to which a text is searched as a whole; of longer ones, stretches and words."""
_STRETCH = 24
_STRETCHES = 8
_WORDS = 12
_WORD = 6

_SEPARATORS = re.compile(r"[\s,;=<>\"'(){}\[\]|]+")
_HEX = re.compile(r"(?:0x)?([0-9A-Fa-f]{2}(?:[ :-]?[0-9A-Fa-f]{2}){5,63})")
_UUID = re.compile(r"(?<![0-9A-Fa-f])([0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12})(?![0-9A-Fa-f])")
_DIGITS = re.compile(r"(?<!\d)\d{10,19}(?!\d)")

_NUMBERED = frozenset({Kind.SERIAL, Kind.IDENTIFIER, Kind.PERSON, Kind.LINK, Kind.DEVICE, Kind.UNKNOWN})


class Form(NamedTuple):
    """A value in one encoding; `text` says that letters of either case are the same.

    `of` are the plain bytes that a mere wrapping holds: it means no more than they do.
    """

    name: str
    data: bytes
    text: bool = False
    of: bytes = b""


def forms(value: Value, around: Iterable[int] = ()) -> Iterator[Form]:
    """Yield the encodings of a value; `around` are the time zones that its original names, in seconds."""
    if isinstance(value.untrusted, bytes):
        yield from _of_bytes(value.untrusted, "bytes")
        return
    text = value.untrusted.strip().strip("\0")
    for part in parts(text):
        yield from _of_text(part)
    for uuid in _UUID.findall(text):
        whole = bytes.fromhex(uuid.replace("-", ""))
        yield from _of_bytes(whole, "uuid")
        mixed = whole[3::-1] + whole[5:3:-1] + whole[7:5:-1] + whole[8:]
        yield Form("uuid-mixed-endian", mixed)
        yield Form("utf-8", whole.hex().encode(), text=True)
    if (digits := _HEX.fullmatch(text)) is not None:
        raw = bytes.fromhex(re.sub("[ :-]", "", digits.group(1)))
        yield from _of_bytes(raw[:32], "bytes")
    if value.kind is Kind.GPS:
        yield from _of_place(text)
    elif value.kind in _NUMBERED:
        yield from _of_number(text)
    if value.kind in {Kind.TIME, Kind.GPS, Kind.UNKNOWN, Kind.IDENTIFIER} or value.origin == "file":
        yield from _of_moments(text, tuple(around))


def parts(text: str) -> tuple[str, ...]:
    """Return what of a text is searched for: all of it if it is short, else stretches and words."""
    if len(text) <= _WHOLE:
        found = {text: None}
        squeezed = re.sub(r"[\s_:./-]", "", text)
        if squeezed != text and any(map(str.isdigit, squeezed)):
            found[squeezed] = None
    else:
        step = max((len(text) - _STRETCH) // (_STRETCHES - 1), 1)
        found = {text[at : at + _STRETCH]: None for at in range(0, len(text) - _STRETCH + 1, step)}
    words = [word.strip(".:/") for word in _SEPARATORS.split(text[:4096])]
    telling = sorted(
        (word for word in words if len(word) >= _WORD and word != text), key=_telling, reverse=True
    )
    for word in telling[:_WORDS]:
        found[word[:_WHOLE]] = None
    return tuple(found)


def _telling(word: str) -> int:
    return len(word[:32]) + 8 * any(map(str.isdigit, word))


def _of_text(text: str) -> Iterator[Form]:
    for shape in dict.fromkeys(
        (text, unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text))
    ):
        plain = shape.encode("utf-8", "surrogatepass")
        yield Form("utf-8", plain, text=True, of=plain)
        for coding in ("utf-16-le", "utf-16-be"):
            yield Form(coding, shape.encode(coding, "surrogatepass"), text=True, of=plain)
        yield from _wrapped(plain)


def _of_bytes(data: bytes, name: str) -> Iterator[Form]:
    yield Form(name, data, of=data)
    yield from _wrapped(data)
    if 6 <= len(data) <= 16:
        yield from (Form("hex-separated", data.hex(mark).encode(), text=True, of=data) for mark in ":- ")


def _wrapped(data: bytes) -> Iterator[Form]:
    """Base64 at its three alignments, and hexadecimal in either case."""
    whole, data = data, data[: LONGEST // 2]
    if len(data) < 4:
        return
    for lead in range(3):
        # The first and the last characters also hold bits of the neighbours.
        stop = (len(data) + lead) // 3 * 3 - lead
        start = -lead % 3
        exact = b64encode(data[start:stop])
        before = b64encode(bytes(lead) + data[:start])[-(start + 0) :] if start else b""
        behind = b64encode(data[stop:])[: len(data) - stop] if stop < len(data) else b""
        yield Form("base64", before + exact + behind, of=whole)
    yield Form("hex", data.hex().encode(), text=True, of=whole)


def _of_number(text: str) -> Iterator[Form]:
    for digits in _DIGITS.findall(text)[:4]:
        number = int(digits)
        if number < 1 << 64:
            whole = number.to_bytes(8)
            yield Form("integer-64-be", whole)
            yield Form("integer-64-le", whole[::-1])
        even = digits.rjust(len(digits) + len(digits) % 2, "0")
        yield Form("bcd", bytes.fromhex(even))
        # Telephone networks put the first digit in the low half (3GPP TS 23.003 and 24.008, 10.5.1.4).
        swapped = digits.ljust(len(digits) + len(digits) % 2, "f")
        yield Form(
            "bcd-swapped",
            bytes.fromhex("".join(b + a for a, b in zip(swapped[::2], swapped[1::2], strict=True))),
        )


def _of_place(text: str) -> Iterator[Form]:
    for angle in places.angles(text):
        for spelling in places.spellings(angle):
            yield Form("coordinate-text", spelling.encode(), text=True)
            yield Form("coordinate-text-utf-16", spelling.encode("utf-16-le"), text=True)
        yield from (Form(f"coordinate-{name}", data) for name, data in places.binaries(angle))
    for point in places.points(text):
        yield from (Form("iso-6709", spelling.encode()) for spelling in places.point_spellings(point))
        yield from (Form(f"point-{name}", data) for name, data in places.point_binaries(point))


def _of_moments(text: str, around: tuple[int, ...]) -> Iterator[Form]:
    for moment in times.moments(text, around):
        yield from _of_moment(moment)


@lru_cache(maxsize=64)
def _of_moment(moment: times.Moment) -> tuple[Form, ...]:
    """The encodings of a moment; cached because the files of one recording say it again and again."""
    found = []
    for i, spelling in enumerate(times.spellings(moment)):
        found.append(Form("time-text", spelling.encode(), text=True))
        if i < 5:
            found.append(Form("time-text-utf-16", spelling.encode("utf-16-le"), text=True))
    if moment.whole:
        found += [Form(name, data) for name, data in times.binaries(moment)]
    return tuple(found)


def together(values: Iterable[Value], around: Iterable[int] = ()) -> Iterator[tuple[Value, Form]]:
    """Yield encodings that need two values: a latitude beside a longitude, two moments side by side."""
    values = [value for value in values if isinstance(value.untrusted, str)]
    latitudes = _lone(values, "lat")
    longitudes = _lone(values, "lon")
    for (value, latitude), (_, longitude) in zip(latitudes, longitudes, strict=False):
        if abs(latitude.degrees) <= 90:
            point = places.Point(latitude, longitude)
            yield from ((value, Form("iso-6709", text.encode())) for text in places.point_spellings(point))
            yield from ((value, Form(f"point-{name}", data)) for name, data in places.point_binaries(point))
    met: dict[int, tuple[Value, times.Moment]] = {}
    for value in values:
        if value.kind is Kind.TIME or value.origin == "file":
            for moment in times.moments(str(value.untrusted), tuple(around)):
                if moment.whole and len(met) < _MET:
                    met.setdefault(moment.seconds, (value, moment))
    for value, one in met.values():
        for _, other in met.values():
            yield from ((value, Form(name, data)) for name, data in times.pairs(one, other))


_MET = 8
"""Moments of one original that are paired with each other."""


def _lone(values: Iterable[Value], name: str) -> list[tuple[Value, places.Angle]]:
    found: list[tuple[Value, places.Angle]] = []
    for value in values:
        leaf = value.path.rpartition("/")[2].lower()
        if value.kind is Kind.GPS and name in leaf and not leaf.endswith("ref"):
            angle = places.angles(str(value.untrusted))
            if len(angle) == 1 and len(found) < 8:
                found.append((value, angle[0]))
    return found
