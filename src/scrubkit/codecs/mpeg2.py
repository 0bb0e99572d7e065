"""MPEG-1 and MPEG-2 Video in movies: headers rebuilt, slices kept, everything else left behind.

`DecoderSpecificInfo` holds the headers of the first sequence; samples hold their own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import Malformed, Unsupported
from . import mpeg2_headers as headers
from .assembly import Assembly
from .bits import BitReader, cut
from .fitting import fitted
from .mpeg4 import start_codes
from .tally import Tallied

if TYPE_CHECKING:
    from ..essence import Picture
    from ..model import Policy, Remaining
    from . import Filtered
    from .mpeg2_headers import Sequence

ENTRIES = frozenset(
    {
        *("m2v1", "mp2v", "mpg2", "AVmp", "mx5n", "mx5p", "mx4n", "mx4p", "mx3n", "mx3p"),
        *(f"hdv{digit}" for digit in "123456789a"),
        *(f"xdv{digit}" for digit in "123456789abcdef"),
        *("xd54", "xd55", "xd59", "xd5a", "xd5b", "xd5c", "xd5d", "xd5e", "xd5f"),
        *("xdh0", "xdh1", "xdh2", "xdh3", "xdh4", "xdh5", "xdhd"),
    }
)
"""Sample entry types of QuickTime, many of them for a size and rate that the stream says too."""

OBJECT_TYPES = (*range(0x60, 0x66), 0x6A)
"""objectTypeIndication of MPEG-2 by profile, and of MPEG-1 (14496-1 table 5)."""

_PICTURE, _FIRST_SLICE, _LAST_SLICE, _USER_DATA, _END = 0x00, 0x01, 0xAF, 0xB2, 0xB7
_SCALABLE = frozenset({5, 9, 10})
_FRAME, _INTRA = 3, 1
_LIMIT = 64 << 10
_HEAD = 4096
"""Bytes of a slice that extra information may fill."""
_WHERE = "MPEG-2 video"


def read_config(specific: bytes | memoryview) -> Sequence | None:
    """Read the sequence that DecoderSpecificInfo describes, if any; raises `Refused` errors."""
    data = bytes(specific[:_LIMIT])
    for i, (code, _, _) in enumerate(units := start_codes(data)):
        if code == headers.SEQUENCE_HEADER:
            return _sequence(data, units[i:])[0]
    return None


def _sequence(data: bytes | memoryview, units: list[tuple[int, int, int]]) -> tuple[Sequence, int]:
    """Return the sequence whose header is the first of some units, and how many units tell it."""
    _, start, stop = units[0]
    header = headers.read_sequence(bytes(data[start:stop]))
    extension = display = None
    count = 1
    for code, start, stop in units[1:]:
        if code not in {headers.EXTENSION, _USER_DATA}:
            break
        count += 1
        if code == _USER_DATA:
            continue
        bits = BitReader(bytes(data[start:stop]), "extension")
        match bits.u(4):
            case headers.SEQUENCE:
                extension = headers.read_sequence_extension(bits)
            case headers.SEQUENCE_DISPLAY:
                display = headers.read_display(bits)
            case kind if kind in _SCALABLE:
                raise Unsupported("sequence_scalable_extension", "scalable")
            case _:
                continue
    return headers.Sequence(header, extension, display), count


class Mpeg2Filter(Tallied):
    """Walks the units of one track; owns the sequence that it is coded by."""

    __slots__ = ("_entry", "_first", "_sequence")

    def __init__(self, entry: Picture) -> None:
        """Takes an entry with a record, or without one if samples hold the headers."""
        self._entry = entry
        self._sequence = read_config(entry.record) if entry.record else None
        self._first: Sequence | None = None
        super().__init__()

    def sample(self, data: memoryview, start: int, listed: bool) -> Filtered:  # noqa: ARG002 (protocol)
        """Filter one frame, or two fields; raises `Malformed`, `LimitExceeded` or `Unsupported`."""
        out = Assembly(start)
        if not data:
            return out.filtered(sync=False)
        units = start_codes(data)
        first = units[0][1] - 4 if units else len(data)
        if first:
            self._tally.add("mpeg2/before-start-code", first)
        kinds: list[int] = []
        fields = 0
        i = 0
        while i < len(units):
            code, at, stop = units[i]
            i += 1
            size = stop - at + 4
            if _FIRST_SLICE <= code <= _LAST_SLICE:
                if not kinds:
                    raise Malformed("slice", "before-picture")
                self._slice(out, data, at, stop)
            elif code == _PICTURE:
                kind, made = headers.rewrite_picture(bytes(data[at:stop]))
                kinds.append(kind)
                self._header(out, "mpeg2/picture", data[at - 4 : stop], made, at - 4)
            elif code == headers.SEQUENCE_HEADER:
                sequence, count = _sequence(data, units[i - 1 :])
                told = units[i - 1 : i - 1 + count]
                i += count - 1
                self._meet(sequence)
                source = memoryview(b"".join(data[a - 4 : b] for c, a, b in told if c != _USER_DATA))
                whole = all(c != _USER_DATA for c, _, _ in told)
                for _, a, b in (unit for unit in told if unit[0] == _USER_DATA):
                    self._tally.add("mpeg2/user-data", b - a + 4)
                self._header(
                    out, "mpeg2/sequence", source, headers.write_sequence(sequence), at - 4, whole=whole
                )
            elif code == headers.GROUP:
                made = headers.rewrite_group(bytes(data[at:stop]))
                self._header(out, "mpeg2/group", data[at - 4 : stop], made, at - 4)
            elif code == headers.EXTENSION:
                fields += self._extension(out, data, at, stop) if kinds else 0
            elif code == _USER_DATA:
                self._tally.add("mpeg2/user-data", size)
            else:
                self._tally.add("mpeg2/sequence-end" if code == _END else "mpeg2/unit", size)
        if not kinds:
            raise Malformed(_WHERE, "no-picture")
        if len(kinds) > 1 and not (len(kinds) == fields == 2):
            raise Unsupported(_WHERE, "several-pictures")
        return out.filtered(sync=kinds[0] == _INTRA)

    def _header(
        self, out: Assembly, key: str, source: memoryview, made: bytes, at: int, *, whole: bool = True
    ) -> None:
        """Write a header, and count what it loses; `whole` says that the source has it in one piece."""
        data = bytes(source)
        if data != made:
            same = sum(a == b for a, b in zip(data, made, strict=False))
            self._tally.add(f"{key}-fields", len(data) - same)
            self._tally.keep(key, same)
        else:
            self._tally.keep(key, len(data))
        if data == made and whole:
            out.keep(at, at + len(made))
        else:
            out.put(made)

    def _extension(self, out: Assembly, data: memoryview, at: int, stop: int) -> bool:
        """Write an extension of a picture; return whether it says that the picture is a field."""
        bits = BitReader(bytes(data[at:stop]), "extension")
        kind = bits.u(4)
        if kind == headers.PICTURE_CODING:
            structure, made = headers.rewrite_picture_coding(bits)
            self._header(out, "mpeg2/picture", data[at - 4 : stop], made, at - 4)
            return structure != _FRAME
        if kind == headers.QUANTISER:
            made = headers.rewrite_quantiser(bits)
            self._header(out, "mpeg2/picture", data[at - 4 : stop], made, at - 4)
        elif kind in _SCALABLE:
            raise Unsupported("extension", "scalable")
        else:
            self._tally.add("mpeg2/extension", stop - at + 4)
        return False

    def _slice(self, out: Assembly, data: memoryview, at: int, stop: int) -> None:
        """Let a slice cross without extra information and stuffing."""
        sequence = self._sequence
        if sequence is None:
            raise Malformed(_WHERE, "no-sequence-header")
        body = len(bytes(data[at:stop]).rstrip(b"\0"))
        # the last bits of a macroblock may be zeros: one byte of them belongs to it
        end = min(at + body + 1, stop)
        if end < stop:
            self._tally.add("mpeg2/stuffing", stop - end)
        first, extra = headers.slice_head(data[at : min(end, at + _HEAD)], tall=sequence.tall)
        if not extra:
            out.keep(at - 4, end)
            self._tally.keep("mpeg2/slice", end - at + 4)
            return
        made = cut(bytes(data[at:end]), first, first + extra).rstrip(b"\0") + b"\0"
        size = end - at
        self._tally.add("mpeg2/slice-information", max(size - len(made), 0))
        self._tally.keep("mpeg2/slice", min(len(made), size) + 4)
        out.keep(at - 4, at)
        out.put(made)

    def _meet(self, sequence: Sequence) -> None:
        if self._first is None:
            self._first = sequence
        elif sequence.shape != self._first.shape:
            raise Unsupported("sequence_header", "changes")
        self._sequence = sequence

    def entry(self) -> Picture:
        """Return the entry with size and headers of the first sequence; `Malformed` if there was none."""
        sequence = self._first or self._sequence
        if sequence is None:
            raise Malformed(_WHERE, "no-sequence-header")
        codec = "mpeg1" if sequence.extension is None else "mpeg2"
        entry = fitted(self._entry, *sequence.size)
        return replace(entry, codec=codec, record=headers.write_sequence(sequence))

    def remaining(self) -> tuple[Remaining, ...]:
        """Nothing is left but macroblocks."""
        return ()


def sample_filter(entry: Picture, policy: Policy) -> Mpeg2Filter:  # noqa: ARG001 (one signature for all codings)
    """Return a filter for one track; raises `Refused` errors for a record that is not MPEG-2's."""
    return Mpeg2Filter(entry)
