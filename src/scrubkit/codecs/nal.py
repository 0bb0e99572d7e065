"""The walk over length-prefixed NAL units in H.264 and H.265 samples (ISO/IEC 14496-15 §4.3.3).

Slices cross; parameter sets move to the configuration; allow-listed SEI messages are
written again; everything else stays behind.
"""

from __future__ import annotations

import re
import struct
from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import LimitExceeded, Malformed, Unsupported
from ..model import Profile, Remaining, Residual
from ..pieces import Coded, Span
from . import Filtered, h264, hevc, sei
from .bits import FORBIDDEN, PEEK
from .dolby import check_rpu
from .nal_syntax import Action, Header, SliceStart, Tally

if TYPE_CHECKING:
    from ..essence import Picture
    from ..model import Policy
    from . import Dropped

_SYNTAX = {"h264": h264.SYNTAX, "hevc": hevc.SYNTAX}
_length = struct.Struct(">I").unpack_from
_forbidden = FORBIDDEN.search
_START_CODE = re.compile(rb"\x00\x00\x01")
_MAX_UNITS = 1 << 16
_ENTRY = {"avc3": "avc1", "hev1": "hvc1", "dvav": "dva1", "dvhe": "dvh1"}
_HDR = frozenset({sei.T35, sei.MASTERING, sei.LIGHT})
_SUSPECT = frozenset({0, 3})
"""Last bytes of a NAL unit that may have something to trim."""
_TAIL = 64
_CABAC_ZERO_WORD = b"\x00\x00\x03"
_MAX_SEEN = 256

LENGTH = 4
"""Bytes of a NAL length in the output."""


def _size(piece: Span | Coded) -> int:
    return piece.size if isinstance(piece, Span) else len(piece.data)


def _trimmed(data: memoryview, start: int, stop: int) -> int:
    """Return where a NAL unit ends without trailing zero bytes and `cabac_zero_word`s."""
    near = max(start, stop - _TAIL)
    body = _rstrip(bytes(data[near:stop]))
    if len(body) < len(_CABAC_ZERO_WORD):  # the end may lie further ahead
        near, body = start, _rstrip(bytes(data[start:stop]))
    return near + len(body)


def _rstrip(body: bytes) -> bytes:
    stop = len(body.rstrip(b"\x00"))
    while body.endswith(_CABAC_ZERO_WORD, 0, stop):
        stop -= len(_CABAC_ZERO_WORD)
        while stop and not body[stop - 1]:
            stop -= 1
    return body[:stop]


def _parts(data: memoryview, start: int, stop: int) -> list[tuple[int, int]]:
    """Return where the NAL units behind one length lie, trimmed.

    There is one, but for recorders that take a whole encoder buffer for a NAL unit:
    then start codes stand inside, and decoders split it there.
    """
    parts: list[tuple[int, int]] = []
    begin = start
    for code in _START_CODE.finditer(data, start, stop):
        parts.append((begin, _trimmed(data, begin, code.start())))
        begin = code.end()
        if len(parts) > _MAX_UNITS:
            raise LimitExceeded("sample", "nal-units")
    parts.append((begin, _trimmed(data, begin, stop)))
    if any(_forbidden(data, begin, end) for begin, end in parts):
        raise Malformed("sample", "forbidden bytes inside a NAL unit")
    return parts


class _Sample:
    """Owns what the walk over one sample has learnt and made so far."""

    __slots__ = ("intra", "messages", "pictures", "pieces", "slices", "sync")

    def __init__(self, *, intra: bool) -> None:
        self.pieces: list[Span | Coded] = []
        self.messages: dict[int, bytes] = {}
        self.pictures = 0
        self.slices = False
        self.sync = False
        self.intra = intra

    def slice(self, header: Header, start: SliceStart) -> None:
        """Take note of a slice."""
        first, intra, _ = start
        self.pictures += first
        if not self.slices:
            self.slices = True
            self.sync = header.random_access
        if not intra and self.pictures < 2:
            self.intra = False


class NalFilter:
    """Filters the samples of one H.264 or H.265 track; owns the parameter sets met so far."""

    def __init__(self, picture: Picture, policy: Policy) -> None:
        """Take the sample description as read; its parameter sets must be canonical."""
        self._picture = picture
        self._syntax = _SYNTAX[picture.codec]
        self._lossless = policy.profile is Profile.LOSSLESS
        self._rpu = self._lossless and picture.dolby is not None
        self._width = picture.length_size
        self._header_size = self._syntax.header_size
        self._empty_key = f"{picture.codec}/nal/empty"
        self._after_key = f"{picture.codec}/after-nal"
        self._slice_start = self._syntax.slice_start
        self._intra_is_sync = picture.codec == "h264"
        self._headers: dict[int, Header] = {}
        self._sets = {
            (name.kind, name.identifier): nal
            for nal in picture.parameter_sets
            for name in [self._syntax.set_name(nal)]
        }
        self._seen: set[bytes] = set()
        self._used: set[int] = set()
        self._tally = Tally()
        self._mastering = picture.mastering
        self._light = picture.light
        self._kept_rpu = False
        self._kept_hdr = False
        self._most_pictures = self._pictures_per_sample()

    def _pictures_per_sample(self) -> int:
        """Return how many pictures a sample may hold: the two fields of an interlaced H.264 frame."""
        if self._picture.codec != "h264":
            return 1
        return 2 if not self._sets or h264.describe(list(self._sets.values())).interlaced else 1

    def sample(self, data: memoryview, start: int, listed: bool) -> Filtered:
        """Filter one sample; see `SampleFilter`.

        A sample is sync if its first slice is of an IDR or IRAP picture or, in
        H.264, if the container lists it and its first picture has I slices only.
        """
        width = self._width
        header_size = self._header_size
        headers = self._headers
        slice_start = self._slice_start
        used = self._used
        state = _Sample(intra=listed and self._intra_is_sync)
        size = len(data)
        at = run = units = 0  # bytes from `run` on cross as they are
        while at < size:
            head = at + width
            if head > size:
                raise Malformed("sample", "nal-length")
            stop = head + (_length(data, at)[0] if width == LENGTH else int.from_bytes(data[at:head]))
            if stop > size:
                raise Malformed("sample", "nal-length")
            body = head + header_size
            whole = body < stop and data[stop - 1] not in _SUSPECT and not _forbidden(data, head, stop)
            if whole and width == LENGTH:
                header = headers.get(data[head] if header_size == 1 else data[head] << 8 | data[head + 1])
                if header is None:
                    header = self._header(data, head)
                if header.same and header.action is Action.SLICE:
                    peek = slice_start(header.kind, bytes(data[body : body + PEEK]))
                    if peek[2] not in used:
                        self._use(peek[2])
                    state.slice(header, peek)
                    at = stop
                    continue
            if run < at:
                state.pieces.append(Span(start + run, at - run))
            edge = at  # bytes before it are accounted for
            parts = [(head, stop)] if whole else _parts(data, head, stop)
            units += len(parts)
            if units > _MAX_UNITS:
                raise LimitExceeded("sample", "nal-units")
            for begin, end in parts:
                if begin + header_size <= end:
                    self._unit(state, data, (begin, end), start, end - edge)
                    edge = end
            if edge < stop:
                self._tally.add(self._after_key if edge > at else self._empty_key, stop - edge)
            at = run = stop
        if run < at:
            state.pieces.append(Span(start + run, at - run))
        if state.pictures > self._most_pictures:
            raise Malformed("sample", "several pictures")
        if state.messages:
            state.pieces.insert(0, self._messages(state.messages))
        sync = state.sync or (state.slices and state.intra)
        return Filtered(tuple(state.pieces), sum(map(_size, state.pieces)), sync)

    def _header(self, data: memoryview, at: int) -> Header:
        value = data[at] if self._header_size == 1 else data[at] << 8 | data[at + 1]
        header = self._headers.get(value)
        if header is None:
            header = self._headers[value] = self._syntax.header(value)
        return header

    def _use(self, pps: int) -> None:
        if (self._syntax.pps, pps) not in self._sets:
            raise Malformed("slice", "names no parameter set")
        self._used.add(pps)

    def _unit(self, state: _Sample, data: memoryview, place: tuple[int, int], start: int, size: int) -> None:
        """Filter the NAL unit at a place in `data`, which accounts for `size` bytes of the source."""
        begin, end = place
        header = self._header(data, begin)
        body = begin + self._header_size
        if header.action is Action.SLICE:
            if body == end:
                raise Malformed("slice", "without data")
            peek = self._slice_start(header.kind, bytes(data[body : min(end, body + PEEK)]))
            self._use(peek[2])
            state.slice(header, peek)
            state.pieces.append(Coded((end - begin).to_bytes(LENGTH) + header.canonical))
            state.pieces.append(Span(start + body, end - body))
            return
        nal = bytes(data[begin:end])
        if header.action is Action.END:
            state.pieces.append(Coded(self._header_size.to_bytes(LENGTH) + header.canonical))
            if body < end:
                self._tally.add(header.key, end - body)
        elif header.action is Action.RPU and self._rpu:
            check_rpu(nal, self._header_size)
            self._kept_rpu = True
            state.pieces.append(
                Coded(len(nal).to_bytes(LENGTH) + header.canonical + nal[self._header_size :])
            )
        elif header.action is Action.SEI:
            self._sei(header, nal, size, state.messages)
        elif header.action is Action.SUFFIX_SEI:
            self._sei(header, nal, size, None)
        else:
            if header.action is Action.SET:
                self._parameter_set(nal)
            self._tally.add(header.key, size)

    def _parameter_set(self, nal: bytes) -> None:
        """Take up a parameter set from a sample, unless it is known already.

        `Unsupported` if a known one changes: samples before and after it would need
        sample descriptions of their own.
        """
        if nal in self._seen:
            return
        name = self._syntax.set_name(nal)
        if name.kind == h264.PPS and (h264.SPS, name.parent) not in self._sets:
            return  # names no SPS, so that no slice can be decoded with it
        clean = self._syntax.normalise(nal, self._sets.values())
        if self._sets.setdefault((name.kind, name.identifier), clean) != clean:
            raise Unsupported("sample", "parameter-set-changes")
        if len(self._seen) < _MAX_SEEN:
            self._seen.add(nal)
        self._most_pictures = self._pictures_per_sample()

    def _sei(self, header: Header, nal: bytes, size: int, kept: dict[int, bytes] | None) -> None:
        """Add the allowed messages of a SEI NAL unit to `kept` and count the others.

        What of `size` bytes no message accounts for is added to the last dropped one.
        """
        coding = self._syntax.name
        left = size
        last = header.key
        crossed = False
        try:
            for kind, payload in sei.messages(nal, self._syntax.header_size):
                clean = sei.rewrite(coding, kind, payload)
                if kind in sei.DYNAMIC and not self._lossless:
                    clean = None
                if clean is not None and kept is not None:
                    kept[kind] = clean
                    crossed = True
                    continue
                last = sei.key(coding, kind, payload)
                self._tally.add(last, len(payload) + 2)
                left -= len(payload) + 2
        except Malformed:
            self._tally.add(header.key, left)
            return
        if not crossed:
            self._tally.extend(last, left)

    def _messages(self, messages: dict[int, bytes]) -> Coded:
        """Return SEI NAL units, one message each, in type order."""
        if not self._mastering:
            self._mastering = messages.get(sei.MASTERING, b"")
        if not self._light:
            self._light = messages.get(sei.LIGHT, b"")
        self._kept_hdr = self._kept_hdr or not _HDR.isdisjoint(messages)
        units = (
            sei.write_message(self._syntax.sei_header, kind, messages[kind]) for kind in sorted(messages)
        )
        return Coded(b"".join(len(unit).to_bytes(LENGTH) + unit for unit in units))

    def entry(self) -> Picture:
        """Return the sample description with the parameter sets that slices use, and 4-byte lengths."""
        sets = tuple(self._sets[key] for key in sorted(self._used_sets()))
        return replace(
            self._picture,
            entry=_ENTRY.get(self._picture.entry, self._picture.entry),
            parameter_sets=sets,
            length_size=LENGTH,
            mastering=self._mastering,
            light=self._light,
        )

    def _used_sets(self) -> set[tuple[int, int]]:
        """Return the sets that the slices met so far lead to; all of them if they lead to none."""
        names = {key: self._syntax.set_name(nal) for key, nal in self._sets.items()}
        level = {(self._syntax.pps, identifier) for identifier in self._used} & names.keys()
        used = set(level)
        while level:
            level = {(names[key].kind - 1, names[key].parent) for key in level} & names.keys()
            used |= level
        return used or set(names)

    def dropped(self) -> tuple[Dropped, ...]:
        """Return what was left behind, by key."""
        return self._tally.rows()

    def remaining(self) -> tuple[Remaining, ...]:
        """Return what was kept although it says something of the device."""
        kept = []
        if self._kept_rpu:
            kept.append(Remaining(Residual.DOLBY_VISION))
        if self._kept_hdr:
            kept.append(Remaining(Residual.HDR_METADATA))
        return tuple(kept)
